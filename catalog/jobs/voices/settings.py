"""Push a voice's settings to its provider, and read them back."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import Clock
from catalog.models import Credential, VoiceSettings
from catalog.providers.errors import NotFound, ProviderError, TryLater
from catalog.providers.session import open_provider

_MOST_TRIES = 6
_PUT_OFF = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)

State = VoiceSettings.State


def tune_voice(voice_id: int, clock: Clock) -> None:
    """Save the settings if requested, then store the values that the provider returns.

    Doing it twice is harmless.
    """
    rows = VoiceSettings.objects.select_related("voice__account")
    row = rows.filter(voice=voice_id, state__in=VoiceSettings.WAITING_STATES).first()
    if row is None:
        return
    # A request made in the meantime is separate and keeps its own outcome.
    unchanged = VoiceSettings.objects.filter(pk=row.pk, asked_at=row.asked_at, state=row.state)
    keys = Credential.objects.listing(row.voice).working()
    verb = "clone" if row.is_saving else "list"
    key = next((each for each in keys if each.may(verb)), None)
    if key is None:
        doing = "change" if row.is_saving else "read"
        unchanged.update(state=State.FAILED, message=f"No working key can {doing} these settings.")
        return
    try:
        found = _exchange(row, key)
    except CannotOpen:
        unchanged.update(state=State.FAILED, message="The key can't be decrypted. Replace it.")
    except TryLater as exc:
        unchanged.update(**_put_off(row, exc, clock()))
    except NotFound:
        words = f"{row.voice.info.label} no longer has this voice."
        unchanged.update(state=State.FAILED, message=words)
    except ProviderError as exc:
        unchanged.update(state=State.FAILED, message=exc.message[:300])
    else:
        done = State.SAVED if row.is_saving else State.READY
        unchanged.update(state=done, wanted={}, message="", read_at=clock(), **found)


def _exchange(row: VoiceSettings, key: Credential) -> dict[str, Any]:
    voice = row.voice
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    with open_provider(voice.provider, key.secrets(), base_url) as provider:
        if row.is_saving:
            provider.edit_settings(voice.remote_id, row.wanted)
        return {
            "values": provider.settings(voice.remote_id),
            "defaults": provider.default_settings(),
        }


def _put_off(row: VoiceSettings, exc: TryLater, now: datetime) -> dict[str, Any]:
    tries = row.attempt_count + 1
    message = exc.message[:300]
    if tries >= _MOST_TRIES:
        return {"state": State.FAILED, "message": message}
    seconds = exc.retry_after if exc.retry_after is not None else 2**tries
    not_before = now + min(_LONGEST_WAIT, timedelta(seconds=seconds))
    return {"attempt_count": tries, "message": message, "not_before": not_before}


def find_due_settings(now: datetime) -> list[int]:
    """Return voices whose settings wait for a worker, and postpone each by 30 seconds."""
    waiting = VoiceSettings.objects.filter(state__in=VoiceSettings.WAITING_STATES)
    # A due time later than any wait comes from a wrong clock.
    due_now = Q(not_before__lte=now) | Q(not_before__gt=now + 2 * _LONGEST_WAIT)
    due = list(waiting.filter(due_now).order_by("asked_at").values("pk", "voice")[:100])
    rows = VoiceSettings.objects.filter(pk__in=[row["pk"] for row in due])
    rows.update(not_before=now + _PUT_OFF)
    return [row["voice"] for row in due]
