"""Keep a voice from cleanups until a given day, in a waiting plan and in later ones."""

from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.core.locales import say_day, storing
from catalog.jobs.notifications.plans import update_announcements
from catalog.jobs.notifications.send import notify
from catalog.models import CleanupPlan, Keep, Notification, PlannedDeletion, User, Voice
from catalog.models.cleanups.keeps import find_responsible, usual_end
from catalog.queries.cleanups.keep_links import find_keepable

LONGEST_KEEP = timedelta(days=3650)


class UnsuitableDate(Exception):
    """The end of a Keep must be between today and ten years from now."""


@transaction.atomic
@storing()
def keep_voice(
    user: User, *, line: PlannedDeletion, now: datetime, until: date | None = None
) -> bool:
    """Take one voice out of an approved plan, and keep it out of later plans until that day.

    Return False if the deletion has already started. Raises UnsuitableDate.
    """
    if not policies.may_keep_voice(user, line):
        raise PermissionDenied
    keep = Keep(voice=line.voice, kept_by=user, kept_at=now, until=until or usual_end(now))
    _check_day(keep.until, now)
    held = PlannedDeletion.objects.held().filter(pk=line.pk, plan__started_at=None)
    values = {"state": PlannedDeletion.State.KEPT, "kept_by": user, "ended_at": now}
    if not held.update(message=keep.words, **values):
        return False
    kept = {"kept_by": user, "kept_at": now, "until": keep.until}
    Keep.objects.update_or_create(voice=line.voice, defaults=kept)
    update_announcements(line.plan)
    after = {"kept until": keep.until.isoformat()}
    team = line.plan.team
    record(user, "voice kept", line.voice, team=team, now=now, plan=line.plan_id, after=after)
    return True


@transaction.atomic
def keep_planned(user: User, *, plan: CleanupPlan, now: datetime) -> int:
    """Keep all voices of a waiting plan for which the user is responsible; return how many."""
    lines = list(find_keepable(user, plan))
    return sum(keep_voice(user, line=line, now=now) for line in lines)


@transaction.atomic
@storing()
def change_keep(user: User, *, voice: Voice, until: date, now: datetime) -> bool:
    """Change the day on which a Keep ends; return False if there is no active Keep."""
    if not policies.may_change_keep(user, voice):
        raise PermissionDenied
    _check_day(until, now)
    keep = Keep.objects.active(now).select_for_update(no_key=True).filter(voice=voice).first()
    if keep is None:
        return False
    before = keep.until
    if before == until:
        return True
    Keep.objects.filter(pk=keep.pk).update(until=until)
    if until < before:
        _tell(user, voice, f"is now kept only until {say_day(until)}", now)
    _write(user, "keep date changed", voice, before, until, now)
    return True


@transaction.atomic
@storing()
def end_keep(user: User, *, voice: Voice, now: datetime) -> bool:
    """Let cleanups include the voice again; return False if there is no active Keep."""
    if not policies.may_change_keep(user, voice):
        raise PermissionDenied
    keep = Keep.objects.active(now).select_for_update(no_key=True).filter(voice=voice).first()
    if keep is None:
        return False
    keep.delete()
    _tell(user, voice, "is no longer kept. Cleanup plans can include it again", now)
    _write(user, "voice no longer kept", voice, keep.until, None, now)
    return True


def _check_day(until: date, now: datetime) -> None:
    if not now.date() <= until <= (now + LONGEST_KEEP).date():
        raise UnsuitableDate


def _tell(user: User, voice: Voice, what: str, now: datetime) -> None:
    owner = find_responsible(voice)
    if owner is not None and owner.pk != user.pk:
        words = f"Your voice {voice.shown_name[:80]} {what}. Changed by {user}."
        team, page = voice.account.team, Notification.Page.KEEPING
        notify(Notification.Event.OWNED, {owner.pk: words}, now, team=team, page=page)


def _write(
    user: User, action: str, voice: Voice, before: date, after: date | None, now: datetime
) -> None:
    record(
        user,
        action,
        voice,
        team=voice.account.team,
        now=now,
        before={"kept until": before.isoformat()},
        after={"kept until": after.isoformat() if after else None},
    )
