"""Protect a voice from every cleanup, and lift the protection."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Protection, User, Voice


@transaction.atomic
def protect_voice(user: User, *, voice: Voice, kind: str, reason: str, now: datetime) -> None:
    """Pin a voice or put a legal hold on it; cleanup plans leave it out."""
    team = voice.account.team
    if not policies.may_protect_voice(user, team, kind):
        raise PermissionDenied
    held = Protection.objects.select_for_update(no_key=True).filter(voice=voice).first()
    if held is not None and not policies.may_lift_protection(user, held):
        raise PermissionDenied
    before = {"kind": held.kind, "reason": held.reason} if held else {}
    values = {"kind": kind, "reason": reason, "set_by": user, "set_at": now}
    Protection.objects.update_or_create(voice=voice, defaults=values)
    after = {"kind": kind, "reason": reason}
    record(user, "voice protected", voice, team=team, now=now, before=before, after=after)


@transaction.atomic
def lift_protection(user: User, *, voice: Voice, now: datetime) -> bool:
    """Let cleanups include the voice again; return False if it wasn't protected."""
    team = voice.account.team
    held = Protection.objects.select_for_update(no_key=True).filter(voice=voice).first()
    if held is None:
        if not policies.may_protect_voice(user, team, Protection.Kind.PIN):
            raise PermissionDenied
        return False
    if not policies.may_lift_protection(user, held):
        raise PermissionDenied
    before = {"kind": held.kind, "reason": held.reason}
    held.delete()
    record(user, "protection lifted", voice, team=team, now=now, before=before)
    return True
