"""Parses Telnyx clones and built-in voices.

Clones: https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/responses
Built-in voices: https://developers.telnyx.com/docs/voice/tts/voices
"""

from typing import Any

from catalog.providers.labels import gender_word, language_tag
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import Kind, RemoteSample, RemoteVoice, VoiceState

# The models that clone, and their vendors. Only Ultra is slow; Bayan requires a transcript.
VENDOR_OF_MODEL = {
    "Qwen3TTS": "telnyx",
    "Ultra": "telnyx",
    "Bayan": "telnyx",
    "speech-2.8-turbo": "minimax",
}
# The model of a clone if none is specified.
# https://developers.telnyx.com/docs/voice/voice-design-lab/using-custom-voices
_USUAL_MODELS = {"telnyx": "Qwen3TTS", "minimax": "speech-2.8-turbo"}
_STATES = {
    "active": VoiceState.READY,
    "pending": VoiceState.PENDING,
    "failed": VoiceState.FAILED,
    # Unused for too long; it can no longer speak.
    "expired": VoiceState.FAILED,
}


def clone_id(item: Any) -> str:
    """Return the id of a listed clone, "" if it has no usable one."""
    found = LenientJson(item).exact("id", 200)
    return "" if is_built_in(found) else found


def is_built_in(remote_id: str) -> bool:
    """Return whether the id is that of a built-in voice rather than a clone."""
    return "." in remote_id


def built_in_id(item: Any) -> str:
    """Return the id for speech requests, assembled if only its last part is given."""
    voice = LenientJson(item)
    given = voice.exact("id", 200) or voice.exact("voice_id", 200)
    vendor, model = voice.exact("provider", 60).lower(), voice.exact("model_id", 60)
    is_whole = given.lower().startswith(f"{vendor}.") if vendor else "." in given
    found = given if is_whole else ".".join((vendor or "telnyx", *filter(None, (model, given))))
    return found if given.strip(".") and len(found) <= 200 else ""


def endings_of(remote_id: str) -> set[str]:
    """Return possible vendor ids in the id, because model names may contain dots too."""
    parts = remote_id.split(".")
    return {".".join(parts[start:]) for start in range(1, len(parts))}


def judge_state(clone: LenientJson) -> VoiceState:
    """Return whether a clone can speak."""
    # The older reference has no status field: there, listed clones are ready.
    status = clone.line("status", 40).lower()
    return _STATES.get(status, VoiceState.PENDING if status else VoiceState.READY)


def read_clone(item: dict[str, Any]) -> RemoteVoice:
    """Parse a clone; ``problem`` names the fields that couldn't be read."""
    clone = LenientJson(item)
    remote_id = clone.exact("id", 200)
    raw = _read_raw(clone, clone.line("record_type", 40))
    is_designed = bool(clone.exact("source_voice_design_id", 200))
    return RemoteVoice(
        remote_id=remote_id,
        name=clone.line("name", 300) or remote_id,
        description=clone.text("label", 5000),
        kind=Kind.DESIGNED if is_designed else Kind.CLONE,
        gender=gender_word(raw.get("gender", "")),
        languages=_read_languages(raw),
        raw=raw,
        # The recording it was made from, which has no id of its own.
        samples=(RemoteSample(remote_id, content_type="audio/wav"),),
        state=judge_state(clone),
        is_owned=True,
        created_at=clone.iso_moment("created_at"),
        end_note="the clone has expired." if _is_expired(clone) else "",
        details=drop_empty(
            {
                "vendor": clone.line("provider", 60),
                "model": clone.line("model_id", 60),
                "models": _list_models(clone),
                "tts_voice_id": speech_id(clone),
                "status": clone.line("status", 40),
                "voice_design": clone.line("source_voice_design_id", 200),
                "voice_design_version": clone.count("source_voice_design_version"),
            }
        ),
        # Must come last, after all fields were read.
        problem=clone.problem,
    )


def _is_expired(clone: LenientJson) -> bool:
    return clone.line("status", 40).lower() == "expired"


def _list_models(clone: LenientJson) -> list[str]:
    """Return the models that the clone can speak with, the default first."""
    supported = [model for model in clone.lines("provider_supported_models") if model]
    # The newer reference has the clone's model, the older one doesn't.
    usual = clone.line("model_id", 60)
    if not usual:
        default = _USUAL_MODELS.get(clone.line("provider", 60).lower(), "")
        known = [model for model in supported if model.lower() == default.lower()]
        usual = next(iter((*known, *supported)), default)
    return list(dict.fromkeys(filter(None, (usual, *supported))))


def speech_id(clone: LenientJson, model: str = "") -> str:
    """Return a clone's id for speech with a model or its default one, "" if unknown."""
    vendor = clone.line("provider", 60)
    model = model or next(iter(_list_models(clone)), "")
    parts = (vendor[:1].upper() + vendor[1:], model, clone.exact("provider_voice_id", 200))
    return ".".join(parts) if all(parts) else ""


def read_built_in(item: dict[str, Any]) -> RemoteVoice:
    """Parse a built-in voice, from any vendor."""
    voice = LenientJson(item)
    remote_id = built_in_id(item)
    raw = _read_raw(voice, "")
    return RemoteVoice(
        remote_id=remote_id,
        name=voice.line("name", 300) or remote_id,
        description=voice.text("label", 5000),
        kind=Kind.LIBRARY,
        gender=gender_word(raw.get("gender", "")),
        languages=_read_languages(raw),
        raw=raw,
        end_note="the voice is deprecated." if voice.flag("deprecated") else "",
        details=drop_empty(
            {
                "vendor": voice.line("provider", 60),
                "model": voice.line("model_id", 60),
                "tts_voice_id": remote_id,
                "hosted_by_telnyx": voice.flag("hosted"),
                "deprecated": voice.flag("deprecated") or None,
            }
        ),
        problem=voice.problem,
    )


def _read_raw(voice: LenientJson, kind: str) -> dict[str, str]:
    gender, language = voice.line("gender", 40), voice.line("language", 40)
    return drop_empty({"gender": gender, "language": language, "kind": kind})


def _read_languages(raw: dict[str, str]) -> tuple[str, ...]:
    tag = language_tag(raw.get("language", ""))
    return (tag,) if tag else ()


def sendable(text: str) -> str:
    """Return the text with lone surrogates replaced, which couldn't be encoded."""
    return text.encode("utf-8", "replace").decode()
