"""The settings that ElevenLabs stores with each voice: their ranges, and how to parse them.

The fields: https://elevenlabs.io/docs/api-reference/voices/settings/get
"""

from collections.abc import Mapping
from typing import Any

from catalog.providers import errors
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import SettingField

VOICE_SETTINGS = (
    SettingField(
        "stability",
        "Stability",
        minimum=0,
        maximum=1,
        default=0.5,
        note="Lower is more expressive and varied; higher is steadier, but can sound monotone.",
    ),
    SettingField(
        "similarity_boost",
        "Similarity",
        minimum=0,
        maximum=1,
        default=0.75,
        note="How closely it matches the original. High values may also copy noise.",
    ),
    SettingField(
        "style",
        "Style exaggeration",
        minimum=0,
        maximum=1,
        default=0.0,
        note="Above 0, it exaggerates the speaker's style and takes longer.",
    ),
    SettingField(
        "speed",
        "Speed",
        minimum=0.7,
        maximum=1.2,
        default=1.0,
        note="1 is the pace of the samples.",
    ),
    SettingField(
        "use_speaker_boost",
        "Speaker boost",
        default=True,
        note="Sounds closer to the speaker, but takes a little longer.",
    ),
)
_FIELDS = {field.name: field for field in VOICE_SETTINGS}


def read_settings(item: Any) -> dict[str, Any]:
    """Return the known settings that have a valid value."""
    return settings_of(LenientJson(item))


def settings_of(settings: LenientJson) -> dict[str, Any]:
    """Return the same from an open reader, which records invalid values."""
    read = {
        field.name: settings.flag(field.name) if field.is_switch else settings.number(field.name)
        for field in VOICE_SETTINGS
    }
    return drop_empty(read)


def check_settings(values: Mapping[str, object]) -> None:
    """Raise RequestRejected for an unknown setting, or one out of range."""
    for name, value in values.items():
        words = name.replace("_", " ").capitalize()[:40]
        field = _FIELDS.get(name)
        if field is None:
            raise errors.RequestRejected(f"ElevenLabs has no setting named {words}.")
        if not field.takes(value):
            raise errors.RequestRejected(f"{field.label} must be {field.range_words}.")
