"""An account's used slots are read when they matter."""

import pytest

from catalog.jobs.accounts import slots
from catalog.jobs.accounts.slots import read_slots
from catalog.jobs.credentials.check import check_credential
from catalog.models import CloneJob, Credential
from catalog.providers import errors
from catalog.providers.key_checks import Slots
from tests import factories
from tests.jobs.test_clone_faults_later import PROVIDERS
from tests.jobs.test_clones import job, provider, run_to_end

__all__ = ["job", "provider"]

State = CloneJob.State


@pytest.fixture
def opened(monkeypatch, stub):
    monkeypatch.setattr(slots, "open_provider", stub.open)
    return stub


def test_clone_for_a_full_account_fails_without_sending_anything(job, provider, clock, monkeypatch):
    monkeypatch.setattr(provider, "slots", lambda: Slots(3, 3))

    run_to_end(job, clock)

    assert (job.state, provider.created, job.attempt_count) == (State.FAILED, 0, 0)
    assert job.message == ("No free slot at ElevenLabs: 3 of 3 slots are in use. Nothing was sent.")
    job.account.refresh_from_db()
    assert (job.account.slots_used, job.account.slots_read_at) == (3, clock.now)
    assert job.can_be_retried


@pytest.mark.parametrize("answer", [None, Slots(3), errors.TryLater("Not now.")])
def test_unknown_slots_do_not_delay_a_clone(job, provider, clock, monkeypatch, answer):
    def get_slots() -> Slots | None:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(provider, "slots", get_slots)

    assert run_to_end(job, clock).state == State.READY


def test_slots_are_read_with_the_next_key_if_one_fails(cast, opened, clock):
    factories.make_credential(cast.ana, cast.account)
    opened.fails["slots"] = [errors.TryLater("Not now.")]

    assert read_slots(cast.account.pk, clock)

    cast.account.refresh_from_db()
    assert (cast.account.slots_used, cast.account.slots_read_at) == (4, clock.now)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_key_without_credit_is_not_listed_as_able_to_clone(
    cast, sandbox_server, settings, clock, slug
):
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug)}
    account = factories.make_account(cast.aurora, provider=slug)
    key = factories.make_credential(cast.ana, account, f"sandbox-{slug}-broke")

    check_credential(key.pk, clock)

    key.refresh_from_db()
    assert key.abilities["clone"] != "yes"
    assert key.may("clone")


def test_slots_are_not_read_without_a_working_key(cast, opened, clock):
    Credential.objects.update(health="rejected")

    assert not read_slots(cast.account.pk, clock)
    assert opened.asked == []
