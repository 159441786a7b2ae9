"""Plan a deletion, show it, and set a worker to it once somebody confirmed."""

from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import CleanupPlan, PlannedDeletion, Team, User, Voice
from catalog.queries.credentials import usable_credential
from catalog.tasks import wake_deletion

_NO_KEY = "No key that you may use can delete this voice."


class NothingToPlan(Exception):
    """None of the chosen voices can be deleted."""


class AlreadyApproved(Exception):
    """Somebody confirmed this plan before."""


class NoFittingKey(Exception):
    """No key that the person may work through could delete the voice."""


@transaction.atomic
def draw_up_plan(
    user: User, *, team: Team, voice_ids: list[int], now: datetime, most: int | None = None
) -> CleanupPlan:
    """Freeze the list of what would be deleted, at most so many; nothing is touched."""
    if not policies.may_delete_voices(user, team):
        raise PermissionDenied
    visible = Voice.objects.visible_to(user).deletable().filter(account__team=team)
    chosen = visible.filter(pk__in=voice_ids).select_related("account")
    voices = [voice for voice in chosen.order_by("pk") if voice.is_deletable][:most]
    if not voices:
        raise NothingToPlan
    plan = CleanupPlan.objects.create(team=team, drawn_up_by=user, drawn_up_at=now)
    PlannedDeletion.objects.bulk_create(_plan_line(user, plan, voice, now) for voice in voices)
    record(user, "plan drawn up", plan, team=team, now=now, voices=len(voices))
    return plan


def _plan_line(user: User, plan: CleanupPlan, voice: Voice, now: datetime) -> PlannedDeletion:
    credential = usable_credential(user, voice.account, "delete")
    return PlannedDeletion(
        plan=plan,
        voice=voice,
        account=voice.account,
        credential=credential,
        remote_id=voice.remote_id,
        name=voice.shown_name,
        created_at=now,
        message="" if credential else _NO_KEY,
    )


@transaction.atomic
def approve_plan(user: User, *, plan: CleanupPlan, now: datetime) -> None:
    """Confirm exactly what the plan lists; raises AlreadyApproved the second time."""
    if not policies.may_delete_voices(user, plan.team):
        raise PermissionDenied
    waiting = CleanupPlan.objects.filter(pk=plan.pk, approved_at=None)
    if not waiting.update(approved_by=user, approved_at=now):
        raise AlreadyApproved
    # The key may have been removed since the dry run.
    keyless = plan.lines.filter(credential=None)
    keyless.update(state=PlannedDeletion.State.SKIPPED, message=_NO_KEY, ended_at=now)
    due = plan.lines.exclude(credential=None)
    due.update(state=PlannedDeletion.State.QUEUED, woken_at=now)
    record(user, "plan approved", plan, team=plan.team, now=now, voices=due.count())
    for line_id in due.values_list("pk", flat=True):
        transaction.on_commit(partial(wake_deletion, line_id))


@transaction.atomic
def retry_deletion(user: User, *, line: PlannedDeletion, now: datetime) -> None:
    """Try a failed line once more; the worker looks again before it acts.

    Raises NoFittingKey; a line that did not fail is left as it is.
    """
    if not policies.may_delete_voices(user, line.plan.team):
        raise PermissionDenied
    credential = usable_credential(user, line.account, "delete")
    if credential is None:
        raise NoFittingKey
    failed = PlannedDeletion.objects.filter(
        pk=line.pk, state=PlannedDeletion.State.FAILED, plan__approved_at__isnull=False
    )
    if not failed.update(
        state=PlannedDeletion.State.QUEUED,
        step=PlannedDeletion.Step.PLANNED,
        credential=credential,
        attempt_count=0,
        not_before=None,
        ended_at=None,
        message="",
        woken_at=now,
    ):
        return
    record(user, "deletion retried", line, team=line.plan.team, now=now)
    transaction.on_commit(partial(wake_deletion, line.pk))
