"""A whole withdrawal at the sandbox: its own state agrees with the page to the last item."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.core.receipts import verify_receipt
from catalog.jobs.syncs.run import sync_account
from catalog.models import CloneJob, Erasure, Installation, Voice
from catalog.providers.session import open_provider
from catalog.providers.types import SampleFile
from catalog.queries.withdrawals import get_withdrawal
from catalog.sandbox.faults import Fault, FaultKind
from catalog.services.withdrawals import approve_withdrawal, request_withdrawal
from tests import factories
from tests.conftest import make_wav
from tests.jobs.test_cleaning_day import at_provider
from tests.jobs.test_withdrawals import sweep
from tests.providers.sandboxed import clone_params

SLUGS = ("elevenlabs", "noiz", "stepfun")
State = Erasure.State


@pytest.fixture
def day(cast: Any, sandbox_server: Any, settings: Any, clock: Any) -> SimpleNamespace:
    """Return a speaker with a clone at three providers, each beside a clone of someone else."""
    sandbox_server.reset()
    urls = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    settings.PROVIDER_BASE_URLS = urls
    sample = SampleFile("ada.wav", "audio/wav", make_wav(7))
    batch = factories.make_batch(cast.ana, cast.aurora)
    accounts = {}
    for slug in SLUGS:
        account = factories.make_account(cast.aurora, provider=slug, last_owner=cast.ana)
        key = factories.make_credential(cast.ana, account, api_key=f"sandbox-{slug}-full-7")
        with open_provider(slug, key.secrets(), urls[slug]) as provider:
            params = [clone_params(name=name, samples=(sample,)) for name in ("Ada", "Bo")]
            made, _ = (provider.clone(each).remote_id for each in params)
        sync_account(account.pk, clock)
        voice = Voice.objects.get(account=account, remote_id=made)
        factories.make_job(
            cast.ana, key, batch=batch, state=CloneJob.State.READY, voice=voice, remote_id=made
        )
        accounts[slug] = account
    yield SimpleNamespace(accounts=accounts, urls=urls, speaker=batch.speaker)
    sandbox_server.faults.clear()


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.GATEWAY_BEFORE])
def test_sandbox_agrees_with_the_page_after_a_provider_failed_half_way(
    cast, day, sandbox_server, clock, kind
):
    before = {slug: at_provider(each, day.urls[slug]) for slug, each in day.accounts.items()}
    for _ in range(3):
        sandbox_server.faults.add(Fault(kind, "noiz", method="DELETE"))
    withdrawal = request_withdrawal(cast.ana, speaker=day.speaker, now=clock())
    approve_withdrawal(cast.ana, withdrawal=withdrawal, now=clock())

    sweep(clock, 1)
    page = get_withdrawal(cast.ana, withdrawal.pk)
    assert page.withdrawal.state_words == "Not complete"
    sweep(clock, 90, timedelta(seconds=20))

    page = get_withdrawal(cast.ana, withdrawal.pk)
    lines = {line.erasure.provider_label: line.erasure for line in page.lines if line.is_linked}
    assert page.withdrawal.is_complete
    assert lines["ElevenLabs"].state == State.ERASED
    # The first call was carried out, but its answer was lost.
    assert lines["Noiz"].state == (State.GONE if kind == FaultKind.DROP_AFTER else State.ERASED)
    assert lines["StepFun"].state == State.ARCHIVED
    for slug, account in day.accounts.items():
        gone = before[slug] - at_provider(account, day.urls[slug])
        assert len(gone) == (0 if slug == "stepfun" else 1)
        assert gone <= {each.remote_id for each in lines.values()}
    report = page.withdrawal.report.encode()
    public = bytes(Installation.objects.get().public_key)
    assert verify_receipt(report, public)["withdrawal"] == str(withdrawal.pk)
