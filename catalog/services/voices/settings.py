"""Read and change the settings that a provider stores for a voice; a worker does the work."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import User, Voice, VoiceSettings
from catalog.providers.types import SettingField
from catalog.tasks import enqueue_settings

# The broker's message arrives at once; if it is lost, the sweep acts after this long.
_SWEPT_AFTER = timedelta(seconds=30)


@transaction.atomic
def read_settings_again(user: User, *, voice: Voice, now: datetime) -> VoiceSettings:
    """Have a worker read the voice's settings from its provider."""
    return _ask(user, voice, now, "voice settings read", VoiceSettings.State.READING, {})


@transaction.atomic
def change_settings(
    user: User, *, voice: Voice, values: Mapping[str, float | bool], now: datetime
) -> VoiceSettings:
    """Have a worker change the voice's settings at its provider."""
    return _ask(user, voice, now, "voice settings changed", VoiceSettings.State.SAVING, values)


@transaction.atomic
def reset_settings(user: User, *, voice: Voice, now: datetime) -> VoiceSettings:
    """Have a worker reset the voice to its provider's default settings."""
    kept = VoiceSettings.objects.filter(voice=voice).first()
    starting = kept.defaults if kept else {}
    values = {field.name: starting.get(field.name, field.default) for field in _fields(voice)}
    return _ask(user, voice, now, "voice settings reset", VoiceSettings.State.SAVING, values)


def _ask(
    user: User,
    voice: Voice,
    now: datetime,
    action: str,
    state: VoiceSettings.State,
    values: Mapping[str, float | bool],
) -> VoiceSettings:
    team = voice.account.team
    if not policies.may_tune(user, team) or not _fields(voice) or voice.is_gone:
        raise PermissionDenied
    wanted = {
        "state": state,
        "wanted": dict(values),
        "asked_by": user,
        "asked_at": now,
        "not_before": now + _SWEPT_AFTER,
        "attempt_count": 0,
        "message": "",
    }
    before = VoiceSettings.objects.filter(voice=voice).values_list("values", flat=True).first()
    kept, _ = VoiceSettings.objects.update_or_create(voice=voice, defaults=wanted)
    facts = {name: f"{(before or {}).get(name)} -> {value}" for name, value in values.items()}
    record(user, action, voice, team=team, now=now, **facts)
    transaction.on_commit(partial(enqueue_settings, voice.pk))
    return kept


def _fields(voice: Voice) -> tuple[SettingField, ...]:
    return voice.info.voice_settings
