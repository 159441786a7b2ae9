"""A whole cleanup at the sandbox with a moving clock: which voices are deleted, and which stay."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.jobs.cleanups.plans import find_due_plans, start_plan
from catalog.jobs.cleanups.run import run_deletion
from catalog.jobs.syncs.run import sync_account
from catalog.models import (
    AuditEntry,
    CleanupPlan,
    Notification,
    PlannedDeletion,
    ProviderAccount,
    Voice,
)
from catalog.models.cleanups.rules import rules_of
from catalog.providers.session import open_provider
from catalog.providers.types import SampleFile
from catalog.queries.audit import find_breaks
from catalog.queries.cleanups.plans import PlanPage, get_plan_page
from catalog.queries.cleanups.stale import find_stale
from catalog.services.cleanups.keeps import keep_voice
from catalog.services.cleanups.plans import approve_plan, create_plan, retry_failed
from catalog.services.cleanups.protections import protect_voice
from catalog.services.usage import note_play
from tests import factories
from tests.conftest import make_wav
from tests.providers.sandboxed import clone_params

State = PlannedDeletion.State
SLUGS = ("elevenlabs", "noiz", "stepfun")
EACH = 3


@pytest.fixture
def day(cast: Any, sandbox_server: Any, settings: Any, clock: Any) -> SimpleNamespace:
    """Return a team with accounts at three providers, each with clones made there."""
    sandbox_server.reset()
    urls = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    settings.PROVIDER_BASE_URLS = urls
    sample = SampleFile("ada.wav", "audio/wav", make_wav(7))
    accounts = {}
    for slug in SLUGS:
        account = factories.make_account(cast.aurora, provider=slug, last_owner=cast.mia)
        key = f"sandbox-{slug}-full-7"
        factories.make_credential(cast.mia, account, api_key=key, is_shared=True)
        with open_provider(slug, {"api_key": key}, urls[slug]) as provider:
            for number in range(EACH):
                params = clone_params(name=f"Day {number}", samples=(sample,), transcript="Hello.")
                provider.clone(params)
        sync_account(account.pk, clock)
        accounts[slug] = account
    return SimpleNamespace(accounts=accounts, urls=urls)


def clones(account: ProviderAccount) -> list[Voice]:
    return list(Voice.objects.filter(account=account).deletable().order_by("pk"))


def at_provider(account: ProviderAccount, url: str) -> set[str]:
    """Return the IDs of the account's own voices according to the provider."""
    key = f"sandbox-{account.provider}-full-7"
    with open_provider(account.provider, {"api_key": key}, url) as provider:
        return {
            each.remote_id for each in provider.voices() if each.is_owned and each.state != "gone"
        }


def work(clock: Any) -> None:
    """Run the workers' jobs until none is left, advancing the clock."""
    for _ in range(40):
        for plan_id in find_due_plans(clock.now):
            start_plan(plan_id, clock.now)
        active = PlannedDeletion.objects.filter(state__in=PlannedDeletion.ACTIVE_STATES)
        if not active.exists():
            return
        for line_id in list(active.values_list("pk", flat=True)):
            run_deletion(line_id, clock)
        clock.move(minutes=5)


def confirm(cast: Any, clock: Any, pinned: Voice) -> CleanupPlan:
    """Plan all voices that the rules find plus a pinned one, and approve the plan."""
    protect_voice(cast.mia, voice=pinned, kind="pin", reason="For the film", now=clock.now)
    found = find_stale(cast.aurora, rules_of(cast.aurora), clock.now)
    ids = [stale.voice.pk for stale in found.open]
    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=[*ids, pinned.pk], now=clock.now)
    approve_plan(cast.ana, plan=plan, now=clock.now, typed=str(plan.lines.count()))
    return plan


def test_whole_cleanup_deletes_only_the_voices_that_should_go(
    cast: Any, day: SimpleNamespace, sandbox_server: Any, clock: Any
) -> None:
    factories.make_rules(cast.aurora, waiting_days=7)
    own = {slug: clones(account) for slug, account in day.accounts.items()}
    before = {slug: at_provider(day.accounts[slug], day.urls[slug]) for slug in SLUGS}
    pinned, kept, used, renamed = (*own["elevenlabs"][:2], *own["noiz"][:2])

    plan = confirm(cast, clock, pinned)
    clock.move(days=3)
    work(clock)
    assert set(plan.lines.values_list("state", flat=True)) == {State.HELD}
    assert Notification.objects.get(user=cast.mia).page == Notification.Page.KEEPING
    keep_voice(cast.mia, line=plan.lines.get(voice=kept), now=clock.now)
    note_play(cast.mia, voice=used, now=clock.now)
    Voice.objects.filter(pk=renamed.pk).update(own_name="Another")
    sandbox_server.faults.add(_refusal(after=1))
    clock.move(days=5)
    work(clock)
    failed = plan.lines.filter(state=State.FAILED)
    assert {line.account.provider for line in failed} == {"noiz"}
    assert failed.count() == len(own["noiz"]) - 3
    sandbox_server.faults.clear()
    retry_failed(cast.ana, plan=CleanupPlan.objects.get(pk=plan.pk), now=clock.now)
    work(clock)

    skipped = {line.voice_id for line in plan.lines.filter(state=State.SKIPPED)}
    assert skipped == {used.pk, renamed.pk}
    stay = {"elevenlabs": {pinned, kept}, "noiz": {used, renamed}, "stepfun": set(own["stepfun"])}
    for slug in SLUGS:
        left = {voice.remote_id for voice in stay[slug]}
        mine = {voice.remote_id for voice in own[slug]}
        assert at_provider(day.accounts[slug], day.urls[slug]) == (before[slug] - mine) | left
    _check_log(get_plan_page(cast.ana, plan.pk, clock.now), len(own["stepfun"]))


def _check_log(page: PlanPage, hidden_count: int) -> None:
    """Compare the page's counts with the audit log."""
    assert (page.failed_count, page.kept_count, page.hidden_count) == (0, 1, hidden_count)
    counts = Counter(AuditEntry.objects.values_list("action", flat=True))
    assert counts["voice skipped"] == page.skipped_count > 0
    assert counts["deletion failed"] > 0 == page.failed_count
    assert counts["voice deleted"] == page.deleted_count > 0
    assert counts["voice hidden"] == page.hidden_count
    names = ("voice protected", "plan created", "plan approved", "voice kept", "plan started")
    assert [counts[name] for name in names] == [1] * 5
    assert find_breaks(None) == []


def _refusal(after: int) -> Any:
    from catalog.sandbox.faults import Fault, FaultKind  # noqa: PLC0415  (only this test needs faults)

    return Fault(
        FaultKind.ERROR_BEFORE,
        provider="noiz",
        method="DELETE",
        status=403,
        times=0,
        after=after,
    )
