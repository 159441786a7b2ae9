"""Carry out an approved plan line by line: recheck, delete, record the outcome."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from catalog.core.crypto import CannotOpen
from catalog.core.durable_commits import durable_transaction
from catalog.jobs.accounts.slots import refresh_slots
from catalog.jobs.base.backoff import back_off, end_waits, waits_for_answer
from catalog.jobs.base.leases import Clock, Lease, LeaseLost, RowId, claim_work, keep_alive
from catalog.jobs.cleanups.notify import notify_of_outcomes
from catalog.jobs.cleanups.outcomes import record_outcome
from catalog.jobs.cleanups.recheck import find_change
from catalog.jobs.usage import read_uses
from catalog.models import PlannedDeletion, Voice
from catalog.models.voices.versions import touch_voices
from catalog.providers.base import Provider
from catalog.providers.errors import NotFound, ProviderError, TryLater
from catalog.providers.session import open_provider

logger = logging.getLogger(__name__)

State, Step = PlannedDeletion.State, PlannedDeletion.Step

_MOST_TRIES = 8
_GIVE_UP_AFTER = timedelta(hours=1)


def run_deletion(line_id: RowId, clock: Clock) -> int | None:
    """Delete the line's voice at its provider; return the account id if the voice is gone.

    Deleting twice is harmless, so an unclear answer is followed by another call. A voice that the
    provider no longer knows counts as deleted.
    """
    lease = claim_work(
        PlannedDeletion,
        line_id,
        states=PlannedDeletion.ACTIVE_STATES,
        running=State.RUNNING,
        clock=clock,
    )
    if lease is None:
        return None
    rows = PlannedDeletion.objects.select_related(
        "voice__account", "account", "credential", "plan__team", "plan__approved_by"
    )
    line = rows.get(pk=line_id)
    with keep_alive(lease):
        try:
            return _delete(line, lease, clock)
        except LeaseLost:
            logger.info("Deletion %s was taken over by another worker", line_id)
    return None


def _delete(line: PlannedDeletion, lease: Lease, clock: Clock) -> int | None:
    if not _knows_uses(line, lease, clock):
        return None
    obstacle = find_change(line, clock())
    if obstacle:
        _end(line, lease, clock, State.SKIPPED, obstacle)
        return None
    if not line.account.info.can_delete:
        _hide(line, lease, clock)
        return None
    if line.credential is None:
        _end(
            line,
            lease,
            clock,
            State.FAILED,
            "The key for deleting this voice was removed.",
        )
        return None
    base_url = settings.PROVIDER_BASE_URLS.get(line.account.provider)
    if base_url is None:
        words = f"{line.account.info.label} is turned off in this installation."
        _end(line, lease, clock, State.FAILED, words)
        return None
    try:
        with open_provider(line.account.provider, line.credential.secrets(), base_url) as provider:
            gone = _call(line, lease, provider, clock)
            if gone:
                refresh_slots(line.account_id, provider, clock())
    except CannotOpen:
        _end(line, lease, clock, State.FAILED, "The key can't be decrypted. Replace it.")
        return None
    return line.account_id if gone else None


def _knows_uses(line: PlannedDeletion, lease: Lease, clock: Clock) -> bool:
    """Refresh the voice's usage from the provider; wait if it worked before but fails now."""
    read_at, begun = line.account.uses_read_at, line.plan.started_at
    is_fresh = read_at is None or begun is None or read_at >= begun
    if is_fresh or line.step == Step.SENT:
        return True
    if read_uses(line.account_id, clock):
        line.failure_count = 0
        lease.write(failure_count=0)
        return True
    words = f"{line.account.info.label} doesn't report the voice's usage right now."
    count = line.failure_count + 1
    if count >= _MOST_TRIES:
        _end(line, lease, clock, State.FAILED, words)
        return False
    wait = timedelta(seconds=2**count)
    lease.release(after=wait, state=State.WAITING, message=words, failure_count=count)
    return False


@transaction.atomic
def _hide(line: PlannedDeletion, lease: Lease, clock: Clock) -> None:
    """Hide a voice from the lists if its provider can't delete voices."""
    label = line.account.info.label
    words = f"{label} can't delete voices. It is hidden here but still exists at {label}."
    Voice.objects.filter(pk=line.voice_id, archived_at=None).update(archived_at=clock())
    touch_voices([line.voice_id])
    _end(line, lease, clock, State.HIDDEN, words)


def _call(line: PlannedDeletion, lease: Lease, provider: Provider, clock: Clock) -> bool:
    line.sent_at = line.sent_at or clock()
    with durable_transaction():
        lease.write(
            step=Step.SENT,
            sent_at=line.sent_at,
            attempt_count=line.attempt_count + 1,
            message="",
        )
    try:
        provider.delete(line.remote_id)
        words = ""
    except NotFound:
        words = "The provider no longer knew this voice."
    except TryLater as exc:
        _try_again(line, lease, clock, exc)
        return False
    except ProviderError as exc:
        _end(line, lease, clock, State.FAILED, exc.message)
        return False
    end_waits(line.account.provider, clock())
    _keep_tombstone(line, lease, clock, words)
    return True


def _try_again(line: PlannedDeletion, lease: Lease, clock: Clock, exc: TryLater) -> None:
    tries, since = line.attempt_count + 1, line.sent_at or clock()
    if tries >= _MOST_TRIES and clock() - since > _GIVE_UP_AFTER:
        _end(line, lease, clock, State.FAILED, exc.message)
        return
    failures = line.failure_count + 1
    wait = back_off(failures, exc)
    if exc.retry_after is not None:
        wait = timedelta(seconds=min(900, exc.retry_after))
    lease.release(
        after=wait,
        state=State.WAITING,
        message=exc.message[:500],
        failure_count=failures,
        waits_for_answer=waits_for_answer(exc),
    )


@transaction.atomic
def _keep_tombstone(line: PlannedDeletion, lease: Lease, clock: Clock, words: str) -> None:
    now, by = clock(), line.plan.approved_by
    Voice.objects.filter(pk=line.voice_id, remote_deleted_at=None).update(
        remote_deleted_at=now,
        changed_at=now,
        gone_reason=f"Deleted by {by} with plan {line.plan_id}."[:200],
    )
    touch_voices([line.voice_id])
    _end(line, lease, clock, State.DELETED, words, step=Step.CONFIRMED)


@transaction.atomic
def _end(
    line: PlannedDeletion,
    lease: Lease,
    clock: Clock,
    state: PlannedDeletion.State,
    message: str,
    **values: Any,
) -> None:
    now = clock()
    lease.write(state=state, message=message[:500], ended_at=now, lease_until=None, **values)
    notify_of_outcomes(line.plan_id, now)
    record_outcome(line, state, message, now)
