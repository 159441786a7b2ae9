"""List, create, and soft-delete Noiz voices."""

import secrets
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, hear, whole_number
from catalog.sandbox.bills import bill_clone
from catalog.sandbox.messages import WireResponse
from catalog.sandbox.multipart import Form
from catalog.sandbox.providers.noiz.refusals import (
    invalid,
    no_credit,
    no_such_voice,
    success,
)
from catalog.sandbox.providers.noiz.voices import HEX, custom_payload, shown
from catalog.sandbox.voices import SandboxVoice, code_from
from catalog.sandbox.waveforms import Waveform, median_pitch, to_wav

CONTAINERS = ("wav", "mp3", "mov")
SHORTEST, SELECTED = 1.0, 10.0
LARGEST_PAGE = 100
CLONE_PRICE = 100
_TRUTHS = ("true", "false", "1", "0", "")


def list_voices(call: AuthorizedCall) -> WireResponse:
    """Return one page of custom or built-in voices.

    https://developers.noiz.ai/docs-voices
    """
    voices = _fitting(call)
    # No maximum is documented, so larger limits are accepted but capped.
    limit = min(_number(call, "limit", 10, 1, 1_000_000), LARGEST_PAGE)
    skip = _number(call, "skip", 0, 0, 1_000_000)
    # Documented as a page number, but named like an offset.
    start = skip if call.account.figures()["skip_is_offset"] else skip * limit
    page = voices[start : start + limit]
    listed = call.account.written("voices", [shown(voice, call.base_url) for voice in page])
    return success({"total_count": len(voices), **listed})


def get_voice(call: AuthorizedCall) -> WireResponse:
    """Return one voice.

    https://developers.noiz.ai/docs-voices
    """
    return success(shown(find_voice(call, call.values["voice_id"]), call.base_url))


def clone_voice(call: AuthorizedCall) -> WireResponse:
    """Create a voice from a part of the audio chosen by the server.

    https://developers.noiz.ai/docs-voices
    """
    form = call.form()
    if (form.first("denoise") or "").lower() not in _TRUTHS:
        raise invalid("denoise must be a boolean")
    sound = _sound(call, form)
    voice_id = code_from(secrets.token_hex(16), 8, HEX)
    name = (form.first("display_name") or "").strip() or f"Voice {voice_id}"
    with call.account.store.transaction():
        if call.account.figures()["credit"] < CLONE_PRICE:
            raise no_credit()
        number = 500_000 + int(call.account.figures()["creates"])
        payload = custom_payload(voice_id, number, name, int(call.account.now()))
        payload["labels"] = form.first("language") or ""
        facts = {"links": {"url": True, "sample": True}, "description": ""}
        voice = SandboxVoice(voice_id, payload, pitch=median_pitch(sound), facts=facts)
        call.account.keep(voice)
        seconds = min(sound.seconds, SELECTED)
        recording = to_wav(sound, rate=sound.rate, seconds=seconds)
        call.account.store.put_recording(call.account.shelf, voice_id, recording)
        call.account.count(creates=1, credit=-CLONE_PRICE)
        bill_clone(call.account, voice_id, name)
    return success(_receipt(voice, sound, form.first("language") or "en"))


def delete_voice(call: AuthorizedCall) -> WireResponse:
    """Set a voice's deletion time; it is kept.

    https://developers.noiz.ai/docs-voices
    """
    with call.account.store.transaction():
        voice = call.account.voice(call.values["voice_id"])
        if voice is None or "delete_time" in voice.payload:
            raise no_such_voice()
        voice.payload["delete_time"] = int(call.account.now())
        call.account.keep(voice)
        call.account.count(deletes=1)
    wanted = ("voice_id", "display_name", "delete_time")
    return success({name: voice.payload[name] for name in wanted})


def find_voice(call: AuthorizedCall, voice_id: str) -> SandboxVoice:
    """Return a voice visible to the account; raises an error response if missing."""
    voice = call.any_voice(voice_id)
    if voice is None or (_hides_deleted(call) and "delete_time" in voice.payload):
        raise no_such_voice()
    return voice


def _fitting(call: AuthorizedCall) -> list[SandboxVoice]:
    kind = call.request.first("voice_type") or "custom"
    if kind not in ("custom", "built-in"):
        raise invalid("voice_type must be one of: custom, built-in")
    custom = reversed(call.account.voices())
    voices = list(custom) if kind == "custom" else list(call.library.values())
    if _hides_deleted(call):
        voices = [voice for voice in voices if "delete_time" not in voice.payload]
    words = call.request.first("keyword").strip().casefold()
    return [voice for voice in voices if words in _searched(voice)]


def _hides_deleted(call: AuthorizedCall) -> bool:
    return bool(call.account.figures()["hides_deleted"])


def _searched(voice: SandboxVoice) -> str:
    payload = voice.payload
    texts = (payload["display_name"], payload["labels"], voice.facts["description"])
    return "\n".join(texts).casefold()


def _sound(call: AuthorizedCall, form: Form) -> Waveform:
    uploads = form.uploads("file")
    content = uploads[0].content if uploads else _fetched(call, form.first("voice_url") or "")
    sound = hear(content, CONTAINERS)
    if sound is None:
        raise invalid("Unsupported audio format. Only WAV, MP3, and M4A are supported.")
    if sound.seconds < SHORTEST:
        raise invalid("Processing error: the audio is too short.")
    return sound


def _fetched(call: AuthorizedCall, url: str) -> bytes:
    if not url:
        raise invalid("Either file or voice_url must be provided.")
    # The sandbox has no network access; only its own recordings can be fetched.
    name = url.removeprefix(f"{call.base_url}/_files/").partition(".")[0]
    voice = call.any_voice(name)
    if voice is None:
        raise invalid("Failed to download audio from voice_url.")
    return voice.preview(call.backstage.studio, "noiz")


def _receipt(voice: SandboxVoice, sound: Waveform, language: str) -> dict[str, Any]:
    return {
        "voice_id": voice.voice_id,
        "voice_display_name": voice.payload["display_name"],
        "duration": round(sound.seconds, 3),
        "selected_text": "This is my voice.",
        "selected_start": 0.0,
        "selected_end": round(min(sound.seconds, SELECTED), 3),
        "text": "This is my voice.",
        "language": language,
    }


def _number(call: AuthorizedCall, name: str, default: int, lowest: int, highest: int) -> int:
    given = call.request.first(name)
    if not given:
        return default
    number = whole_number(given)
    if number is None or not lowest <= number <= highest:
        raise invalid(f"{name} must be between {lowest} and {highest}")
    return number
