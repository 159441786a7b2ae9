"""Keep a voice from clean-ups until a day: in a plan that waits, and later."""

from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.jobs.notifications import tell_person
from catalog.models import Keep, Notification, PlannedDeletion, User, Voice
from catalog.models.cleanups.keeps import find_responsible, usual_end

LONGEST_KEEP = timedelta(days=3650)


class UnsuitableDate(Exception):
    """A Keep lasts until today at least, and ten years at most."""


@transaction.atomic
def keep_voice(
    user: User, *, line: PlannedDeletion, now: datetime, until: date | None = None
) -> bool:
    """Take one voice out of a confirmed plan, and keep it from later ones until that day.

    False where the plan's time had come already; raises NoFittingDay.
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
    after = {"kept until": keep.until.isoformat()}
    team = line.plan.team
    record(user, "voice kept", line.voice, team=team, now=now, plan=line.plan_id, after=after)
    return True


@transaction.atomic
def change_keep(user: User, *, voice: Voice, until: date, now: datetime) -> bool:
    """Let a Keep last until another day; False where nobody keeps the voice."""
    if not policies.may_change_keep(user, voice):
        raise PermissionDenied
    _check_day(until, now)
    keep = Keep.objects.active(now).select_for_update().filter(voice=voice).first()
    if keep is None:
        return False
    before = keep.until
    if before == until:
        return True
    Keep.objects.filter(pk=keep.pk).update(until=until)
    if until < before:
        _tell(user, voice, f"is now kept until {until:%b %-d, %Y} only", now)
    _write(user, "keep changed", voice, before, until, now)
    return True


@transaction.atomic
def end_keep(user: User, *, voice: Voice, now: datetime) -> bool:
    """Let clean-ups take the voice again; False where nobody keeps it."""
    if not policies.may_change_keep(user, voice):
        raise PermissionDenied
    keep = Keep.objects.active(now).select_for_update().filter(voice=voice).first()
    if keep is None:
        return False
    keep.delete()
    _tell(user, voice, "is no longer kept. Clean-up plans can take it again", now)
    _write(user, "keep ended", voice, keep.until, None, now)
    return True


def _check_day(until: date, now: datetime) -> None:
    if not now.date() <= until <= (now + LONGEST_KEEP).date():
        raise UnsuitableDate


def _tell(user: User, voice: Voice, what: str, now: datetime) -> None:
    owner = find_responsible(voice)
    if owner is not None and owner.pk != user.pk:
        words = f"Your voice {voice.shown_name[:80]} {what}. Changed by {user}."
        tell_person(owner, voice.account.team, words, now, page=Notification.Page.KEEPING)


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
