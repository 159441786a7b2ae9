"""Give a voice another name, and take it out of the list where it cannot be deleted."""

from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import User, Voice
from catalog.models.voices import fold_text
from catalog.tasks import wake_rename


@transaction.atomic
def rename_voice(user: User, *, voice: Voice, name: str, now: datetime) -> None:
    """Name the voice here at once; a worker then names it at the provider, where that can be."""
    team = voice.account.team
    if not policies.may_rename(user, team):
        raise PermissionDenied
    old = voice.shown_name
    voice.own_name = "" if name == voice.name else name
    voice.rename_problem = ""
    voice.sort_name = fold_text(name)[:100]
    voice.search_text = f"{fold_text(name)} {voice.search_text}"[:8000]
    voice.save(update_fields=["own_name", "rename_problem", "sort_name", "search_text"])
    record(user, "voice renamed", voice, team=team, now=now, before=old[:100], after=name[:100])
    if voice.own_name and voice.is_renamable_there:
        transaction.on_commit(partial(wake_rename, voice.pk))


@transaction.atomic
def hide_voice(user: User, *, voice: Voice, now: datetime) -> None:
    """Take the voice out of the team's list; nothing changes at the provider."""
    _set_hidden(user, voice, now, hidden_at=now)


@transaction.atomic
def unhide_voice(user: User, *, voice: Voice, now: datetime) -> None:
    """Put the voice back into the team's list."""
    _set_hidden(user, voice, now, hidden_at=None)


def _set_hidden(user: User, voice: Voice, now: datetime, *, hidden_at: datetime | None) -> None:
    team = voice.account.team
    if not policies.may_hide_voices(user, team):
        raise PermissionDenied
    voice.hidden_at = hidden_at
    voice.save(update_fields=["hidden_at"])
    action = "voice hidden" if hidden_at else "voice unhidden"
    record(user, action, voice, team=team, now=now)
