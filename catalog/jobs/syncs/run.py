"""Fetch an account's voices from its provider, and record the outcome."""

import itertools
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from catalog.core.crypto import CannotOpen
from catalog.jobs.accounts.slots import refresh_slots
from catalog.jobs.base.backoff import end_waits
from catalog.jobs.base.leases import LEASE, Clock, Lease, LeaseLost, keep_alive
from catalog.jobs.credentials.check import keep_refusal
from catalog.jobs.notifications.syncs import notify_of_failures, notify_of_sync
from catalog.jobs.syncs.rounds import Group, SyncRound
from catalog.jobs.voices.store import (
    LastListed,
    SyncCounts,
    VoiceSubset,
    find_missing,
    mark_gone,
    write_voices,
)
from catalog.models import Credential, ProviderAccount, SyncRun
from catalog.models.base.leases import free_lease
from catalog.models.credentials.keys import hash_key
from catalog.models.voices.versions import raise_account_version
from catalog.providers.errors import CredentialRejected, ProviderError, TryLater
from catalog.providers.pagination import ListedVoice
from catalog.providers.session import open_provider

_BATCH = 500
_PUT_OFF = timedelta(minutes=2)
_MOST_WRONG = timedelta(hours=2)
_RUNS_KEPT = timedelta(days=30)
_MOST_WAITING = 60.0
_LEAST_WAIT = 1.0


def sync_account(account_id: int, clock: Clock) -> SyncRun | None:
    """Fetch every voice of the account and update our rows; None if a sync is already running.

    An interrupted run keeps what it wrote and marks nothing as gone.
    """
    started = clock()
    lease = _claim_account(account_id, started, clock)
    if lease is None:
        return None
    account = ProviderAccount.objects.get(pk=account_id)
    run = SyncRun.objects.create(account=account, started_at=started)
    tally = SyncCounts()
    # Stored if the run doesn't get to its end.
    run.error = "The sync was interrupted."
    try:
        with keep_alive(lease):
            run.error = _sync_voices(account, run, tally, lease)
    except LeaseLost:
        run.error = "Another worker took over the sync."
    finally:
        _end_run(lease, run, tally, clock())
    return run


def _claim_account(account_id: int, now: datetime, clock: Clock) -> Lease | None:
    rows = ProviderAccount.objects.filter(free_lease(now, "sync_lease_until"), pk=account_id)
    # A request during this run sets the due time again, which triggers the next run.
    if not rows.update(
        sync_lease_until=now + LEASE, sync_fence=F("sync_fence") + 1, sync_due_at=None
    ):
        return None
    fence = ProviderAccount.objects.values_list("sync_fence", flat=True).get(pk=account_id)
    held_by = {"until": "sync_lease_until", "fence_name": "sync_fence"}
    return Lease(ProviderAccount, str(account_id), fence, clock, **held_by)


def _sync_voices(account: ProviderAccount, run: SyncRun, tally: SyncCounts, lease: Lease) -> str:
    """List voices with every key; return what went wrong, "" for a complete run.

    A rejected key is not an error of the run as long as another key lists voices.
    """
    groups, problem = _find_keys(account)
    round_ = SyncRound(account, groups, LastListed.read(account), tally)
    refusal, failure = _ask_all(round_, run, lease)
    run.warning = " ".join(round_.warnings)
    if not round_.has_listed:
        return failure or refusal or problem
    _write_all(account, round_.find_changed(), run, lease, tally)
    lease.demand()
    if absent := round_.settle():
        parts = find_missing(account, absent, run.started_at)
        _end_missing(parts, run, tally, lease.clock())
    if not failure:
        end_waits(account.provider, lease.clock())
    return failure


def _ask_all(round_: SyncRound, run: SyncRun, lease: Lease) -> tuple[str, str]:
    """List voices with all keys; return the messages of a rejected key and of another failure."""
    refusal = failure = ""
    for place, group in enumerate(round_.groups):
        try:
            _list_with(round_, place, run, lease)
        except CredentialRejected as exc:
            for credential in group:
                keep_refusal(credential, exc, lease.clock())
            round_.is_complete, refusal = False, exc.message
        except ProviderError as exc:
            round_.is_complete, failure = False, exc.message
            if isinstance(exc, TryLater) and exc.unreachable:
                break
    return refusal, failure


def _find_keys(account: ProviderAccount) -> tuple[list[Group], str]:
    """Return the keys that may list voices, grouped by identical keys, and why there are none."""
    problem = "This account has no working key."
    groups: dict[str, Group] = {}
    for credential in Credential.objects.working().filter(account=account).order_by("created_at"):
        if not credential.may("list"):
            problem = "None of this account's keys has permission to list voices."
            continue
        try:
            api_key = credential.secrets()["api_key"]
        except CannotOpen:
            problem = "This account's key can't be decrypted. Replace it."
            continue
        groups.setdefault(hash_key(api_key), []).append(credential)
    return list(groups.values()), problem


def _list_with(round_: SyncRound, place: int, run: SyncRun, lease: Lease) -> None:
    account = round_.account
    base_url = settings.PROVIDER_BASE_URLS[account.provider]
    secrets = round_.groups[place][0].secrets()
    with open_provider(account.provider, secrets, base_url) as provider:
        provider.wait = _Patience().wait
        key_set = round_.key_set_of(place)
        changed = round_.take(place, key_set, provider.listing())
        _write_all(account, changed, run, lease, round_.tally, key_set=key_set)
        round_.end_group(place, provider.gaps.values())
        if account.info.has_slots:
            refresh_slots(account.pk, provider, lease.clock())


def _write_all(
    account: ProviderAccount,
    entries: Iterator[ListedVoice],
    run: SyncRun,
    lease: Lease,
    tally: SyncCounts,
    *,
    key_set: int | None = None,
) -> None:
    """Write what a run lists, in batches, as it arrives."""
    while batch := list(itertools.islice(entries, _BATCH)):
        lease.demand()
        write_voices(account, batch, run.started_at, lease.clock(), tally, key_set=key_set)


class _Patience:
    """Waits between pages as the provider asks, so that a long list can complete."""

    def __init__(self) -> None:
        self._left = _MOST_WAITING

    def wait(self, asked: TryLater) -> bool:
        """Wait if the provider asks for a short pause, else return False to retry the run later."""
        seconds = max(asked.retry_after or 0, _LEAST_WAIT)
        if not asked.is_for_speed or seconds > self._left:
            return False
        self._left -= seconds
        time.sleep(seconds)
        return True


def _end_missing(parts: list[VoiceSubset], run: SyncRun, tally: SyncCounts, now: datetime) -> None:
    """Mark missing voices as gone; if all are missing at once, wait for a second run to confirm."""
    whole_runs = SyncRun.objects.filter(account=run.account, error="").exclude(pk=run.pk)
    before = whole_runs.order_by("-pk").first()
    is_confirmed = before is not None and before.doubted_count > 0
    doubted = [] if is_confirmed else [part for part in parts if part.is_lost_at_once]
    run.doubted_count = sum(len(part.missing) for part in doubted)
    if run.doubted_count:
        words = (
            f"{run.account.info.label} no longer lists {run.doubted_count:,} voices it listed"
            " before. They are kept until the next sync confirms it."
        )
        run.warning = f"{run.warning} {words}".strip()
    gone = [pk for part in parts if part not in doubted for pk in part.missing]
    tally.gone = mark_gone(gone, now)


def _end_run(lease: Lease, run: SyncRun, tally: SyncCounts, now: datetime) -> None:
    run.ended_at, run.warning = now, run.warning[:500]
    run.seen_count, run.added_count = tally.seen, tally.added
    run.changed_count, run.gone_count = tally.changed, tally.gone
    run.save()
    changes: dict[str, Any] = {"sync_lease_until": None, "sync_error": run.error[:500]}
    if not run.error:
        changes["synced_at"] = now
    try:
        with transaction.atomic():
            lease.write(**changes)
            notify_of_sync(run, now)
            notify_of_failures(run, now)
            raise_account_version(run.account_id)
    except LeaseLost:
        return  # another worker holds the account now
    next_at = now + timedelta(minutes=settings.SYNC_EVERY_MINUTES)
    rows = ProviderAccount.objects.filter(pk=str(lease.pk), sync_due_at=None)
    rows.update(sync_due_at=next_at)


def bring_forward(account_id: int, now: datetime) -> None:
    """Make the account due for a sync now; several requests result in one run."""
    ProviderAccount.objects.filter(pk=account_id).update(sync_due_at=now)


def is_awaited(account_id: int, now: datetime) -> bool:
    """Return whether someone waits for a sync of the account: requested, or the first one."""
    rows = ProviderAccount.objects.filter(Q(synced_at=None) | Q(sync_due_at__lte=now))
    return rows.filter(pk=account_id).exists()


def find_due_accounts(now: datetime) -> list[int]:
    """Return accounts that are due for a sync, and postpone each to queue it only once."""
    # A due time later than any we set comes from a wrong clock.
    latest = now + timedelta(minutes=settings.SYNC_EVERY_MINUTES) + _MOST_WRONG
    due = ProviderAccount.objects.filter(
        Q(sync_due_at=None) | Q(sync_due_at__lte=now) | Q(sync_due_at__gt=latest)
    )
    free = due.filter(free_lease(now, "sync_lease_until"))
    ids = list(
        free.filter(credentials__in=Credential.objects.working())
        .order_by(F("synced_at").asc(nulls_first=True))
        .values_list("pk", flat=True)
        .distinct()[:100]
    )
    ProviderAccount.objects.filter(pk__in=ids).update(sync_due_at=now + _PUT_OFF)
    return ids


def forget_old_runs(now: datetime) -> int:
    """Delete runs older than 30 days, except the last one of each account."""
    newer = SyncRun.objects.filter(account=OuterRef("account"), pk__gt=OuterRef("pk"))
    old = SyncRun.objects.filter(Exists(newer), started_at__lt=now - _RUNS_KEPT)
    return old.delete()[0]
