"""Parses StepFun clones and built-in voices.

Clones: https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice
Built-in voices: https://platform.stepfun.com/docs/zh/api-reference/audio/get_detail
"""

from typing import Any

from catalog.providers.labels import gender_word, plain_words, use_case_words
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import Kind, RemoteVoice

CLONE_PREFIX = "voice-tone-"
_LONGEST_NAME = 300
_LONGEST_TEXT = 5000


def voice_id(item: Any) -> str:
    """Return the id of a listed clone, "" if it has no usable one."""
    return LenientJson(item).identifier("id")


def read_clone(item: dict[str, Any]) -> RemoteVoice:
    """Parse a clone; StepFun only reports when it was made, and from which file."""
    voice = LenientJson(item)
    remote_id = voice.identifier("id")
    created_at = voice.moment("created_at")
    short = remote_id.removeprefix(CLONE_PREFIX) or remote_id
    return RemoteVoice(
        remote_id=remote_id,
        # StepFun stores no names; we keep the job's name ourselves.
        name=f"Clone {short}" + (f", {created_at:%Y-%m-%d}" if created_at else ""),
        kind=Kind.CLONE,
        is_owned=True,
        created_at=created_at,
        details=drop_empty({"file_id": voice.identifier("file_id")}),
        problem=voice.problem,
    )


def read_built_in(remote_id: str, known: Any) -> RemoteVoice:
    """Parse a built-in voice; ``known`` is StepFun's data about it, if any."""
    voice = LenientJson(known, prefix="details.")
    description = voice.text("voice-description", _LONGEST_TEXT)
    scene = voice.line("recommended_scene")
    said = plain_words(description)
    letter = _first_letter(description)
    raw = {**said.raw, "use_case": scene, **({"gender": letter} if letter else {})}
    return RemoteVoice(
        remote_id=remote_id,
        name=voice.line("voice-name", _LONGEST_NAME) or _words_of(remote_id),
        description=description,
        kind=Kind.LIBRARY,
        gender=gender_word(letter) or said.gender,
        age=said.age,
        languages=said.languages,
        use_cases=use_case_words(scene),
        raw=drop_empty(raw),
        problem=voice.problem,
    )


def _first_letter(description: str) -> str:
    """Return the description's first character if it states the gender, else ""."""
    first, second = description[:1], description[1:2]
    # "男女" mentions both, so it states neither.
    return first if gender_word(first) and not gender_word(second) else ""


def _words_of(remote_id: str) -> str:
    words = remote_id.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] or remote_id
