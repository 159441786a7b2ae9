"""Start approved plans when they are due: pick keys and queue the lines."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from catalog.audit import record
from catalog.jobs.cleanups.outcomes import record_outcome
from catalog.jobs.notifications.plans import notify_responsible, update_announcements
from catalog.models import CleanupPlan, PlannedDeletion
from catalog.queries.cleanups.deletion_keys import find_deleting_keys

State = PlannedDeletion.State

# Restarts are shorter. A longer silence is an outage, or the time since a backup.
_SILENCE_MATTERS = timedelta(hours=1)


def find_due_plans(now: datetime) -> list[int]:
    """Return the plans whose waiting period is over."""
    due = CleanupPlan.objects.waiting().filter(due_at__lte=now)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True))


def postpone_plans(silence: timedelta, now: datetime) -> int:
    """Extend waiting plans by the time in which no one could keep a voice; return how many.

    After a restore, people who pressed Keep since the backup need the time to do it again.
    """
    if silence < _SILENCE_MATTERS:
        return 0
    plans = CleanupPlan.objects.waiting().filter(waiting_days__gt=0).select_related("team")
    return sum(_postpone(plan, silence, now) for plan in plans)


@transaction.atomic
def _postpone(plan: CleanupPlan, silence: timedelta, now: datetime) -> int:
    rows = CleanupPlan.objects.waiting().filter(pk=plan.pk, due_at=plan.due_at)
    if not rows.update(due_at=F("due_at") + silence):
        return 0
    plan.refresh_from_db()
    notify_responsible(plan, now)
    hours = round(silence / timedelta(hours=1))
    record(None, "plan postponed", plan, team=plan.team, now=now, hours=hours)
    return 1


@transaction.atomic
def start_plan(plan_id: int, now: datetime) -> list[UUID]:
    """Queue the lines that no one kept and return their ids; a second call does nothing."""
    due = CleanupPlan.objects.waiting().filter(pk=plan_id, due_at__lte=now)
    if not due.update(started_at=now):
        return []
    plan = CleanupPlan.objects.select_related("team", "approved_by").get(pk=plan_id)
    lines = list(
        plan.lines.held()
        .select_related("voice", "account__last_owner", "plan__team")
        .order_by("position", "pk")
    )
    _find_keys(plan, lines, now)
    PlannedDeletion.objects.bulk_update(
        lines, ["credential", "state", "message", "ended_at", "woken_at"], batch_size=100
    )
    update_announcements(plan)
    queued = [line.pk for line in lines if line.state == State.QUEUED]
    actor = plan.approved_by if plan.waiting_days == 0 else None
    record(
        actor,
        "plan started",
        plan,
        team=plan.team,
        now=now,
        voices=len(queued),
        skipped=len(lines) - len(queued),
    )
    for line in lines:
        if line.state == State.SKIPPED:
            record_outcome(line, State.SKIPPED, line.message, now)
    return queued


def _find_keys(plan: CleanupPlan, lines: list[PlannedDeletion], now: datetime) -> None:
    """Pick the keys again: one may have been removed or shared since the dry run."""
    if plan.approved_by is None:
        return
    for line in lines:
        line.voice.account = line.account
    keys = find_deleting_keys(plan.approved_by, plan.team, [line.voice for line in lines])
    for line in lines:
        line.credential = keys.choose(line.voice, line.credential_id)
        if line.credential is None and line.account.info.can_delete:
            line.state, line.ended_at = State.SKIPPED, now
            line.message = keys.describe_obstacle(line.voice)
        else:
            line.state, line.woken_at, line.message = State.QUEUED, now, ""
