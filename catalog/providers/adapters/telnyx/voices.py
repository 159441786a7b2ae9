"""Reads clones and built-in voices as Telnyx describes them.

Clones: https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/responses
Built-in voices: https://developers.telnyx.com/docs/voice/tts/voices
"""

from typing import Any

from catalog.providers.labels import gender_word, language_tag
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import Kind, RemoteSample, RemoteVoice, VoiceState

# The models that clone, and whose they are. Only Ultra takes its time; Bayan wants a transcript.
VENDOR_OF_MODEL = {
    "Qwen3TTS": "telnyx",
    "Ultra": "telnyx",
    "Bayan": "telnyx",
    "speech-2.8-turbo": "minimax",
}
# What a clone speaks with where nothing else is said.
# https://developers.telnyx.com/docs/voice/voice-design-lab/using-custom-voices
_USUAL_MODELS = {"telnyx": "Qwen3TTS", "minimax": "speech-2.8-turbo"}
_STATES = {
    "active": VoiceState.READY,
    "pending": VoiceState.PENDING,
    "failed": VoiceState.FAILED,
    # It was not used for too long, and cannot speak any more.
    "expired": VoiceState.FAILED,
}


def clone_id(item: Any) -> str:
    """Return the id of a clone in a list, "" if it has none that can be used."""
    found = LenientJson(item).exact("id", 200)
    return "" if is_built_in(found) else found


def is_built_in(remote_id: str) -> bool:
    """Tell the id of a built-in voice from that of a clone."""
    return "." in remote_id


def built_in_id(item: Any) -> str:
    """Return what speech is asked for with, put together where only its last part is told."""
    voice = LenientJson(item)
    given = voice.exact("id", 200) or voice.exact("voice_id", 200)
    vendor, model = voice.exact("provider", 60).lower(), voice.exact("model_id", 60)
    is_whole = given.lower().startswith(f"{vendor}.") if vendor else "." in given
    found = given if is_whole else ".".join((vendor or "telnyx", *filter(None, (model, given))))
    return found if given.strip(".") and len(found) <= 200 else ""


def endings_of(remote_id: str) -> set[str]:
    """Return what may be the vendor's own id in it: names of models have dots in them, too."""
    parts = remote_id.split(".")
    return {".".join(parts[start:]) for start in range(1, len(parts))}


def judge_state(clone: LenientJson) -> VoiceState:
    """Return whether a clone can speak."""
    # The older reference has no such field: then a clone is there as soon as it is listed.
    status = clone.line("status", 40).lower()
    return _STATES.get(status, VoiceState.PENDING if status else VoiceState.READY)


def read_clone(item: dict[str, Any]) -> RemoteVoice:
    """Return the clone with all that could be read; ``problem`` names what could not."""
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
        # The recording that it was made from; it has no id of its own.
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
        # Last, when all has been read.
        problem=clone.problem,
    )


def _is_expired(clone: LenientJson) -> bool:
    return clone.line("status", 40).lower() == "expired"


def _list_models(clone: LenientJson) -> list[str]:
    """Return the models that the clone can speak with, the usual one first."""
    supported = [model for model in clone.lines("provider_supported_models") if model]
    # The newer reference names the model that the clone was made for, the older one does not.
    usual = clone.line("model_id", 60)
    if not usual:
        default = _USUAL_MODELS.get(clone.line("provider", 60).lower(), "")
        known = [model for model in supported if model.lower() == default.lower()]
        usual = next(iter((*known, *supported)), default)
    return list(dict.fromkeys(filter(None, (usual, *supported))))


def speech_id(clone: LenientJson, model: str = "") -> str:
    """Return what a clone speaks under, with its usual model or with another; "" if untold."""
    vendor = clone.line("provider", 60)
    model = model or next(iter(_list_models(clone)), "")
    parts = (vendor[:1].upper() + vendor[1:], model, clone.exact("provider_voice_id", 200))
    return ".".join(parts) if all(parts) else ""


def read_built_in(item: dict[str, Any]) -> RemoteVoice:
    """Return a voice that is there for everybody, whichever vendor it comes from."""
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
    """Return the text without halves of letters, which would not let themselves be sent."""
    return text.encode("utf-8", "replace").decode()
