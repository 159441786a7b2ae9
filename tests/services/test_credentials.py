"""Keys are sealed from the first write, changed by their owner alone, and wiped for good."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.base.leases import LeaseLost, claim_work
from catalog.models import (
    AuditEntry,
    CloneJob,
    Credential,
    Membership,
    Notification,
    ProviderAccount,
    Voice,
)
from catalog.providers.registry import UnknownProvider
from catalog.services.credentials.keys import (
    KEY_REMOVED,
    add_credential,
    recheck_credential,
    remove_credential,
    rename_credential,
    request_sync,
    share_credential,
)
from catalog.services.credentials.replacement import replace_key
from tests import factories

NOW = factories.NOW
KEY = "sk_a-key-that-only-this-test-knows"
State, Step = CloneJob.State, CloneJob.Step


@pytest.fixture
def viewer(cast):
    return factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)


def add(user, team, **values) -> Credential:
    wish = {"provider": "elevenlabs", "api_key": KEY, "nickname": "Studio", "is_shared": True}
    return add_credential(user, team=team, now=NOW, **{**wish, **values})


def test_an_added_key_is_sealed_logged_and_checked_by_a_worker(
    cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        credential = add(cast.mia, cast.aurora)

    credential.refresh_from_db()
    assert KEY.encode() not in bytes(credential.sealed)
    assert credential.secrets() == {"api_key": KEY}
    assert (credential.owner, credential.nickname, credential.is_shared) == (
        cast.mia,
        "Studio",
        True,
    )
    assert (credential.last_four, credential.is_unchecked) == ("nows", True)
    assert wakes == [("catalog.check_credential", str(credential.pk))]
    assert AuditEntry.objects.get().action == "credential added"


def test_a_viewer_and_a_stranger_add_no_key(cast, viewer):
    for user in (viewer, cast.sam):
        with pytest.raises(PermissionDenied):
            add(user, cast.aurora)

    assert Credential.objects.filter(team=cast.aurora).count() == 1


def test_a_key_for_an_unknown_provider_is_refused(cast):
    with pytest.raises(UnknownProvider):
        add(cast.mia, cast.aurora, provider="nobody")


def test_a_key_is_called_something_else_by_its_owner(cast):
    rename_credential(cast.ana, credential=cast.credential, nickname="Studio", now=NOW)

    assert Credential.objects.get(pk=cast.credential.pk).title == "Studio"
    with pytest.raises(PermissionDenied):
        rename_credential(cast.mia, credential=cast.credential, nickname="Mine", now=NOW)


def test_a_recheck_is_asked_of_a_worker_and_the_key_works_meanwhile(
    cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        recheck_credential(cast.ana, credential=cast.credential, now=NOW)

    key = Credential.objects.get(pk=cast.credential.pk)
    assert (key.is_being_checked, key.works, key.may("clone")) == (True, True, True)
    assert wakes == [("catalog.check_credential", str(cast.credential.pk))]


@pytest.mark.parametrize("who", ["mia", "sam", "viewer"])
def test_nobody_but_the_owner_touches_a_key(cast, viewer, who):
    user = viewer if who == "viewer" else getattr(cast, who)
    sealed = bytes(cast.credential.sealed)
    key = cast.credential

    with pytest.raises(PermissionDenied):
        replace_key(user, credential=key, api_key=KEY, now=NOW)
    with pytest.raises(PermissionDenied):
        recheck_credential(user, credential=key, now=NOW)
    with pytest.raises(PermissionDenied):
        share_credential(user, credential=key, is_shared=False, now=NOW)
    with pytest.raises(PermissionDenied):
        remove_credential(user, credential=key, now=NOW)

    kept = Credential.objects.get(pk=key.pk)
    assert (bytes(kept.sealed), kept.health, kept.is_shared) == (sealed, "good", True)
    assert not AuditEntry.objects.exists()


def test_sharing_a_key_shares_its_account_and_stopping_it_stops_that(cast):
    share_credential(cast.ana, credential=cast.credential, is_shared=False, now=NOW)
    assert not ProviderAccount.objects.visible_to(cast.mia).exists()

    share_credential(cast.ana, credential=cast.credential, is_shared=True, now=NOW)
    assert ProviderAccount.objects.visible_to(cast.mia).exists()

    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["credential unshared", "credential shared"]


def test_an_account_stays_shared_while_another_shared_key_opens_it(cast):
    other = factories.make_credential(cast.mia, cast.account, is_shared=True)

    share_credential(cast.ana, credential=cast.credential, is_shared=False, now=NOW)
    assert ProviderAccount.objects.get(pk=cast.account.pk).is_shared

    share_credential(cast.mia, credential=other, is_shared=False, now=NOW)
    assert not ProviderAccount.objects.get(pk=cast.account.pk).is_shared


# Removing


def test_a_removed_key_is_wiped_while_voices_and_log_stay(cast):
    voice = factories.make_voice(cast.account)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert not Credential.objects.filter(team=cast.aurora).exists()
    assert list(Voice.objects.visible_to(cast.mia)) == [voice]
    assert AuditEntry.objects.get().action == "credential removed"


def test_a_removed_key_stops_what_was_not_sent_and_leaves_the_rest_to_be_settled(cast):
    made = {}
    for state, step in [
        (State.QUEUED, Step.PLANNED),
        (State.WAITING, Step.PLANNED),
        (State.WAITING, Step.UNKNOWN),
        (State.RUNNING, Step.SENT),
        (State.READY, Step.CONFIRMED),
    ]:
        job = factories.make_job(cast.mia, cast.credential, state=state, step=step)
        made[state, step] = job
    other = factories.make_job(cast.sam, cast.other_credential)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    for (state, step), job in made.items():
        job.refresh_from_db()
        was_open = step == Step.PLANNED
        assert job.credential is None
        assert job.state == (State.FAILED if was_open else state)
        assert job.message == (KEY_REMOVED if was_open else "")
    other.refresh_from_db()
    assert other.state == State.QUEUED
    told = {notice.job_id: (notice.user, notice.text) for notice in Notification.objects.all()}
    stopped = [job.pk for (_, step), job in made.items() if step == Step.PLANNED]
    assert set(told) == set(stopped)
    assert all(user == cast.mia and KEY_REMOVED in text for user, text in told.values())


def test_a_worker_that_was_about_to_send_can_write_nothing_once_the_key_is_removed(cast, clock):
    job = factories.make_job(cast.ana, cast.credential)
    lease = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    with pytest.raises(LeaseLost):
        lease.write(step=Step.SENT)
    job.refresh_from_db()
    assert (job.state, job.step) == (State.FAILED, Step.PLANNED)


def test_with_the_last_shared_key_gone_a_teammate_s_own_key_keeps_the_account_to_that_one(cast):
    factories.make_credential(cast.mia, cast.account, is_shared=False)
    kim = factories.make_user("Kim", cast.aurora)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert ProviderAccount.objects.visible_to(cast.mia).exists()
    assert not ProviderAccount.objects.visible_to(kim).exists()


# Fetching voices


def test_a_member_asks_for_news_and_a_worker_is_woken(
    cast, wakes, django_capture_on_commit_callbacks
):
    ProviderAccount.objects.update(sync_due_at=NOW + timedelta(hours=1))

    with django_capture_on_commit_callbacks(execute=True):
        request_sync(cast.mia, account=cast.account, now=NOW)

    assert ProviderAccount.objects.get(pk=cast.account.pk).sync_due_at == NOW
    assert wakes == [("catalog.sync_account", cast.account.pk)]


def test_viewers_and_strangers_wait_for_the_schedule(cast, viewer):
    for user in (viewer, cast.sam):
        with pytest.raises(PermissionDenied):
            request_sync(user, account=cast.account, now=NOW)
