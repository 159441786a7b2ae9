"""Parses Noiz voices.

The fields: https://developers.noiz.ai/docs-voices
"""

from typing import Any

from catalog.providers.idempotency_marker import split_short_marker
from catalog.providers.labels import plain_words
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import Kind, RemoteVoice, VoiceState

LONGEST_NAME = 300
OWN, BUILT_IN = "custom", "built-in"
_LONGEST_URL = 2048
_KINDS = {OWN: Kind.CLONE, BUILT_IN: Kind.LIBRARY}
# Either may be playable; "url" is more likely.
_ADDRESSES = ("url", "sample")


def voice_id(item: Any) -> str:
    """Return the id of a listed voice, "" if it has no usable one."""
    return LenientJson(item).exact("voice_id", 200)


def read_voice(item: dict[str, Any], voice_type: str = "") -> RemoteVoice:
    """Parse a voice; ``voice_type`` is the type of the list that contained it."""
    voice = LenientJson(item)
    remote_id = voice.exact("voice_id", 200)
    name = split_short_marker(voice.line("display_name", LONGEST_NAME))[0]
    kind = voice.line("voice_type", 40) or voice_type
    labels = voice.line("labels")
    said = plain_words(labels)
    addresses = addresses_of(voice)
    deleted_at = voice.moment("delete_time")
    return RemoteVoice(
        remote_id=remote_id,
        name=name or remote_id,
        # Noiz's only text about a voice; most of it fits none of our facets.
        description=labels,
        kind=_KINDS.get(kind, Kind.UNKNOWN),
        gender=said.gender,
        age=said.age,
        languages=said.languages,
        raw={**said.raw, **({"kind": kind} if kind else {})},
        preview_url=addresses[0] if addresses else "",
        state=VoiceState.GONE if item.get("delete_time") else VoiceState.READY,
        is_owned=kind == OWN,
        created_at=voice.moment("create_time"),
        details=drop_empty(
            {
                "number": voice.count("id"),
                "sample_text": voice.object("meta").line("text"),
                "deleted_at": deleted_at.isoformat() if deleted_at else "",
            }
        ),
        problem=voice.problem,
    )


def addresses_of(voice: LenientJson) -> list[str]:
    """Return the URLs of the voice's preview, the more likely one first."""
    found = (voice.exact(name, _LONGEST_URL) for name in _ADDRESSES)
    return [url for url in dict.fromkeys(found) if url.startswith(("https://", "http://"))]
