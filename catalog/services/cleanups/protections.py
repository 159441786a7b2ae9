"""Keep a voice out of every clean-up, and let go of it again."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Protection, User, Voice


@transaction.atomic
def protect_voice(user: User, *, voice: Voice, kind: str, reason: str, now: datetime) -> None:
    """Pin a voice, or put a legal hold on it: no plan takes it in, and who lists it skips it."""
    team = voice.account.team
    if not policies.may_protect_voice(user, team, kind):
        raise PermissionDenied
    held = Protection.objects.select_for_update().filter(voice=voice).first()
    if held is not None and not policies.may_lift_protection(user, held):
        raise PermissionDenied
    before = {"kind": held.kind, "reason": held.reason} if held else {}
    values = {"kind": kind, "reason": reason, "set_by": user, "set_at": now}
    Protection.objects.update_or_create(voice=voice, defaults=values)
    after = {"kind": kind, "reason": reason}
    record(user, "voice protected", voice, team=team, now=now, before=before, after=after)


@transaction.atomic
def lift_protection(user: User, *, voice: Voice, now: datetime) -> bool:
    """Let clean-ups take the voice again; False where nothing protected it."""
    team = voice.account.team
    held = Protection.objects.select_for_update().filter(voice=voice).first()
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
