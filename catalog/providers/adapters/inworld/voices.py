"""Parses Inworld voices.

The fields: https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices
"""

import re
from typing import Any

from catalog.providers.accents import find_accent
from catalog.providers.labels import (
    age_word,
    gender_word,
    language_tag,
    plain_words,
    use_case_words,
)
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import Kind, RemoteVoice

_KINDS = {"SYSTEM": Kind.LIBRARY, "IVC": Kind.CLONE, "PVC": Kind.PROFESSIONAL}
_OWN = {Kind.CLONE, Kind.PROFESSIONAL}
_WORKSPACE = re.compile(r"workspaces/([^/]+)/voices/")


def read_voice(item: dict[str, Any]) -> RemoteVoice:
    """Parse a voice; ``problem`` names the fields that couldn't be read."""
    voice = LenientJson(item)
    remote_id = voice.exact("voiceId", 200)
    categories = voice.lines("categories")
    gender, age = voice.line("gender", 40), voice.line("ageGroup", 40)
    # https://docs.inworld.ai/tts/capabilities/voice-tags
    tags = voice.lines("tags")
    accent, accent_words = find_accent(tags)
    said = plain_words("\n".join(tags))
    raw = {
        "gender": gender or said.raw.get("gender", ""),
        "age": age or said.raw.get("age", ""),
        "accent": accent_words[:200],
        "language": voice.line("langCode", 40),
        "use_case": ", ".join(categories)[:200],
        "kind": voice.line("source", 40),
    }
    spoken = [raw["language"], *voice.lines("promptLanguages")]
    kind = _KINDS.get(raw["kind"], Kind.UNKNOWN)
    return RemoteVoice(
        remote_id=remote_id,
        name=voice.line("displayName", 300) or remote_id,
        description=voice.text("description", 5000),
        kind=kind,
        gender=gender_word(raw["gender"]),
        age=age_word(raw["age"]),
        accent=accent,
        languages=tuple(dict.fromkeys(filter(None, map(language_tag, spoken)))),
        use_cases=use_case_words(", ".join(categories)),
        raw=drop_empty(raw),
        is_owned=kind in _OWN,
        details=drop_empty({"tags": tags, "workspace": workspace_of(voice)}),
        # Must come last, after all fields were read.
        problem=voice.problem,
    )


def voice_id(item: Any) -> str:
    """Return the id of a listed voice, "" if it has no usable one."""
    found = LenientJson(item).exact("voiceId", 200)
    # Dots alone would lead to another path.
    return found if found.strip(".") else ""


def workspace_of(voice: LenientJson) -> str:
    """Return the workspace of the user's own voice, "" for all others."""
    if _KINDS.get(voice.line("source", 40)) not in _OWN:
        return ""
    named = _WORKSPACE.match(voice.exact("name", 400))
    if named:
        return named[1][:200]
    workspace, mark, _ = voice.exact("voiceId", 200).partition("__")
    return workspace if mark else ""
