"""Draw up, approve, and call off deletion plans, and queue their deletions when they are due."""

from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.core.locales import storing
from catalog.jobs.cleanups.plans import start_plan
from catalog.jobs.notifications.plans import (
    notify_of_canceled_plan,
    notify_responsible,
    update_announcements,
)
from catalog.models import CleanupPlan, Keep, PlannedDeletion, Team, User, Voice
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.deletion_keys import find_deleting_keys
from catalog.queries.cleanups.plans import TYPED_ABOVE
from catalog.queries.cleanups.stale import Stale, describe_voices
from catalog.queries.voices.references import find_where_used
from catalog.tasks import enqueue_deletion

State, Step = PlannedDeletion.State, PlannedDeletion.Step


class NothingToPlan(Exception):
    """None of the chosen voices can be deleted."""


class AlreadyApproved(Exception):
    """This plan has been approved before."""


class NumberNotTyped(Exception):
    """Deleting this many voices requires typing their number, and it didn't match."""


class NoDeletionKey(Exception):
    """No key that the user may use can delete the voice; the message names whom to ask."""


@transaction.atomic
@storing()
def create_plan(user: User, *, team: Team, voice_ids: list[int], now: datetime) -> CleanupPlan:
    """Store a plan: the voices that would be deleted, with reasons and uses. Nothing is deleted.

    Protected voices and those in another plan are left out, and a plan holds at most as many
    voices as one run may delete. Voices with an active Keep are listed but not deleted.
    """
    if not policies.may_delete_voices(user, team):
        raise PermissionDenied
    rules = rules_of(team)
    visible = set(
        Voice.objects.visible_to(user)
        .filter(pk__in=voice_ids, account__team=team)
        .values_list("pk", flat=True)
    )
    wanted = [pk for pk in voice_ids if pk in visible]
    found = describe_voices(team, rules, now, wanted, user)
    free = [stale for stale in found if stale.is_free]
    kept = [stale for stale in found if stale.is_kept]
    protected_count = sum(stale.is_protected for stale in found)
    chosen = free[: rules.most_per_run]
    if not chosen:
        raise NothingToPlan
    plan = CleanupPlan.objects.create(
        team=team,
        drawn_up_by=user,
        drawn_up_at=now,
        waiting_days=rules.waiting_days,
        spare_count=len(free) - len(chosen),
        planned_count=len(found) - len(free) - len(kept) - protected_count,
        protected_count=protected_count,
    )
    lines = _plan_lines(user, plan, [*chosen, *kept], now)
    PlannedDeletion.objects.bulk_create(lines, batch_size=100)
    record(user, "plan created", plan, team=team, now=now, voices=len(chosen))
    return plan


def _plan_lines(
    user: User, plan: CleanupPlan, chosen: list[Stale], now: datetime
) -> list[PlannedDeletion]:
    voices = [stale.voice for stale in chosen]
    keys = find_deleting_keys(user, plan.team, voices)
    used = find_where_used(user, [voice.pk for voice in voices], now)
    lines = []
    for position, stale in enumerate(chosen, start=1):
        voice = stale.voice
        key = keys.choose(voice, stale.job.credential_id if stale.job else None)
        obstacle = "" if key or not voice.info.can_delete else keys.describe_obstacle(voice)
        lines.append(
            PlannedDeletion(
                plan=plan,
                position=position,
                voice=voice,
                account=voice.account,
                credential=key,
                remote_id=voice.remote_id,
                name=voice.shown_name,
                reasons=[
                    {"rule": reason.rule, "label": reason.label, "words": reason.words}
                    for reason in stale.reasons
                ],
                uses=used.get(voice.pk, []),
                last_use=stale.use.words,
                responsible=stale.responsible,
                created_at=now,
                message=obstacle,
            )
        )
        if stale.is_kept and stale.keep is not None:
            _set_apart(lines[-1], stale.keep, now)
    return lines


def _set_apart(line: PlannedDeletion, keep: Keep, now: datetime) -> None:
    """List a voice in the plan as kept, which excludes it from deletion."""
    line.state, line.kept_by, line.kept_until = State.KEPT, keep.kept_by, keep.until
    line.message, line.ended_at, line.credential = keep.words, now, None


@transaction.atomic
def approve_plan(user: User, *, plan: CleanupPlan, now: datetime, typed: str = "") -> None:
    """Approve exactly what the plan lists; owners are notified and can object until it is due.

    Raises AlreadyApproved, and NumberNotTyped for a long list confirmed without its number.
    """
    if not policies.may_delete_voices(user, plan.team):
        raise PermissionDenied
    count = plan.lines.taken().count()
    if count > TYPED_ABOVE and typed.strip() != str(count):
        raise NumberNotTyped
    due_at = now + timedelta(days=plan.waiting_days)
    unconfirmed = CleanupPlan.objects.filter(pk=plan.pk, approved_at=None)
    if not unconfirmed.update(approved_by=user, approved_at=now, due_at=due_at):
        raise AlreadyApproved
    plan.refresh_from_db()
    plan.lines.taken().update(state=State.HELD)
    _leave_kept(plan, now)
    if plan.waiting_days:
        notify_responsible(plan, now)
    days = plan.waiting_days
    record(user, "plan approved", plan, team=plan.team, now=now, voices=count, waiting_days=days)
    if not plan.waiting_days:
        for line_id in start_plan(plan.pk, now):
            transaction.on_commit(partial(enqueue_deletion, line_id))


@storing()
def _leave_kept(plan: CleanupPlan, now: datetime) -> None:
    """Leave out the voices that got a Keep after the plan was drawn up."""
    keeps = Keep.objects.active(now).filter(voice__planned_deletions__plan=plan)
    for keep in keeps.select_related("kept_by"):
        plan.lines.held().filter(voice=keep.voice_id).update(
            state=State.KEPT, kept_by=keep.kept_by, message=keep.words, ended_at=now
        )


@transaction.atomic
def call_off_plan(user: User, *, plan: CleanupPlan, now: datetime) -> bool:
    """Call the plan off and keep all its voices; return False if deletion has already started."""
    if not policies.may_delete_voices(user, plan.team):
        raise PermissionDenied
    waiting = CleanupPlan.objects.waiting().filter(pk=plan.pk)
    if not waiting.update(called_off_at=now, called_off_by=user):
        return False
    notify_of_canceled_plan(plan, user, now)
    words = f"{user} canceled the plan."
    restored = plan.lines.held().update(state=State.KEPT, kept_by=user, message=words, ended_at=now)
    update_announcements(plan)
    record(user, "plan canceled", plan, team=plan.team, now=now, voices=restored)
    return True


@transaction.atomic
def retry_deletion(user: User, *, line: PlannedDeletion, now: datetime) -> None:
    """Retry a failed deletion; the worker checks the voice again before it deletes.

    Raises NoDeletionKey. A line that has not failed is left unchanged.
    """
    _retry(user, line.plan, [line], now)


@transaction.atomic
def retry_failed(user: User, *, plan: CleanupPlan, now: datetime) -> int:
    """Retry every failed deletion and return how many; raises NoDeletionKey if none can be."""
    failed = plan.lines.filter(state=State.FAILED).select_related("voice", "account__last_owner")
    return _retry(user, plan, list(failed.order_by("position")), now)


def _retry(user: User, plan: CleanupPlan, lines: list[PlannedDeletion], now: datetime) -> int:
    if not policies.may_delete_voices(user, plan.team):
        raise PermissionDenied
    keys = find_deleting_keys(user, plan.team, [line.voice for line in lines])
    chosen = {line.pk: keys.choose(line.voice, line.credential_id) for line in lines}
    able = [line for line in lines if chosen[line.pk]]
    if lines and not able:
        raise NoDeletionKey(keys.describe_obstacle(lines[0].voice))
    again = [line for line in able if _queue_again(line, chosen[line.pk], now)]
    for line in again:
        record(user, "deletion retried", line, team=plan.team, now=now, plan=plan.pk)
        transaction.on_commit(partial(enqueue_deletion, line.pk))
    return len(again)


def _queue_again(line: PlannedDeletion, credential: object, now: datetime) -> bool:
    failed = PlannedDeletion.objects.filter(
        pk=line.pk, state=State.FAILED, plan__approved_at__isnull=False
    )
    return bool(
        failed.update(
            state=State.QUEUED,
            step=Step.PLANNED,
            credential=credential,
            attempt_count=0,
            failure_count=0,
            sent_at=None,
            not_before=None,
            ended_at=None,
            told_at=None,
            message="",
            woken_at=now,
        )
    )
