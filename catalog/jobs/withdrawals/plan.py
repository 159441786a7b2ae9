"""List the copies of a withdrawal, block what would make more, and start the erasing."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max

from catalog.audit import record
from catalog.core.locales import storing
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.notifications.clones import stop_clones
from catalog.models import CloneJob, Consent, Erasure, Speaker, Synthesis, User, Withdrawal
from catalog.queries.speakers import find_voices_of
from catalog.queries.withdrawals import Copy, find_copies

Kind, State = Erasure.Kind, Erasure.State

# A claim about a use that was allowed can be made for three years, and the proof answers it.
_PROOFS_LAST = timedelta(days=3 * 365)
_STOPPED = "Stopped: the speaker withdrew their permission."
_OUT_OF_REACH = (Kind.EXPORT, Kind.BACKUP)


def block_speaker(withdrawal: Withdrawal, now: datetime) -> None:
    """Stop everything that would use the speaker's voice; call it in the withdrawal's transaction.

    What was sent already is settled by its own job, and found again before the end.
    """
    speaker, since = withdrawal.speaker, withdrawal.requested_at
    Speaker.objects.filter(pk=speaker.pk).update(withdrawing_since=since)
    given = Consent.objects.filter(speaker=speaker, withdrawn_at=None, attested_at__lte=since)
    given.update(withdrawn_at=since)
    jobs = CloneJob.objects.filter(batch__speaker=speaker)
    stop_clones(jobs, _STOPPED, now)
    stop_unsent(Synthesis.objects.filter(voice__in=find_voices_of(jobs)), _STOPPED, now)


@storing()
def list_copies(withdrawal: Withdrawal, now: datetime) -> list[Erasure]:
    """Store what was found and isn't listed yet, and return it; call it under a lock.

    A copy that was erased and exists again is listed once more.
    """
    listed = {
        (each.kind, each.object_key): each for each in withdrawal.erasures.order_by("turn", "pk")
    }
    position = withdrawal.erasures.aggregate(last=Max("position"))["last"] or 0
    added = []
    for copy in find_copies(withdrawal.speaker, now, withdrawal.requested_at):
        known = listed.get((copy.kind, copy.object_key))
        if known is not None and (not _is_erased(known) or copy.is_gone):
            continue
        position += 1
        turn = known.turn + 1 if known else 1
        added.append(_describe(withdrawal, copy, position, turn, now))
    Erasure.objects.bulk_create(added, batch_size=100)
    return added


def _is_erased(erasure: Erasure) -> bool:
    return erasure.state in {State.ERASED, State.GONE}


def _describe(
    withdrawal: Withdrawal, copy: Copy, position: int, turn: int, now: datetime
) -> Erasure:
    erasure = Erasure(
        withdrawal=withdrawal,
        position=position,
        kind=copy.kind,
        object_key=copy.object_key,
        turn=turn,
        name=copy.name[:300],
        count=copy.count,
        account=copy.account,
        voice=copy.voice,
        remote_id=copy.remote_id,
        promise=copy.promise,
        facts=copy.facts,
        message=copy.message[:500],
        created_at=now,
    )
    if copy.is_gone:
        erasure.state, erasure.ended_at = State.GONE, now
    elif copy.kind in _OUT_OF_REACH:
        erasure.state, erasure.ended_at = State.LEFT, now
    elif copy.kind == Kind.PROOF and withdrawal.keeps_proofs:
        erasure.state, erasure.ended_at = State.KEPT, now
    return erasure


@transaction.atomic
def start_erasing(withdrawal_id: int, user: User | None, now: datetime) -> list[UUID]:
    """Approve the list and queue its copies; return their ids, [] if that was done before.

    ``user`` is None if nobody decided in time.
    """
    rows = Withdrawal.objects.select_for_update(no_key=True).filter(pk=withdrawal_id)
    if not rows.open().filter(approved_at=None).update(approved_at=now, approved_by=user):
        return []
    withdrawal = Withdrawal.objects.select_related("speaker", "team").get(pk=withdrawal_id)
    block_speaker(withdrawal, now)
    list_copies(withdrawal, now)
    queued = queue_planned(withdrawal, now)
    record(
        user, "withdrawal approved", withdrawal, team=withdrawal.team, now=now, copies=len(queued)
    )
    return queued


def queue_planned(withdrawal: Withdrawal, now: datetime) -> list[UUID]:
    """Queue the copies that were listed and not queued yet; return their ids."""
    planned = withdrawal.erasures.filter(state=State.PLANNED)
    ids = list(planned.order_by("position").values_list("pk", flat=True))
    Erasure.objects.filter(pk__in=ids).update(state=State.QUEUED, woken_at=now)
    return ids


def find_due_withdrawals(now: datetime) -> list[int]:
    """Return the withdrawals that nobody has decided on in time."""
    due = Withdrawal.objects.open().filter(approved_at=None, erases_at__lte=now)
    return list(due.order_by("pk").values_list("pk", flat=True))


def start_due_withdrawals(now: datetime) -> list[UUID]:
    """Start the erasing of withdrawals that nobody has decided on in time."""
    return [each for pk in find_due_withdrawals(now) for each in start_erasing(pk, None, now)]


def last_day_of_proofs(now: datetime) -> date:
    """Return until when proofs of consent are kept by default."""
    return (now + _PROOFS_LAST).date()


@transaction.atomic
def release_proofs(now: datetime) -> list[UUID]:
    """Queue the proofs of consent whose time is over, and return their ids."""
    due = Erasure.objects.filter(state=State.KEPT, withdrawal__proofs_until__lt=now.date())
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:200])
    Erasure.objects.filter(pk__in=ids, state=State.KEPT).update(
        state=State.QUEUED, ended_at=None, woken_at=now, fence=F("fence") + 1
    )
    return ids
