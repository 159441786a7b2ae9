"""The settings that ElevenLabs keeps with each voice, their ranges, and how they are read.

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
        note="Lower is more expressive and varies more; higher is even, up to monotonous.",
    ),
    SettingField(
        "similarity_boost",
        "Similarity",
        minimum=0,
        maximum=1,
        default=0.75,
        note="How close it stays to the original; high values bring along noise of the samples.",
    ),
    SettingField(
        "style",
        "Style exaggeration",
        minimum=0,
        maximum=1,
        default=0.0,
        note="Above zero it overdraws the speaker's style, which takes longer.",
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
        note="Brings it closer to the speaker, which takes a little longer.",
    ),
)
_FIELDS = {field.name: field for field in VOICE_SETTINGS}


def read_settings(item: Any) -> dict[str, Any]:
    """Return those settings that are known and have a usable value."""
    return settings_of(LenientJson(item))


def settings_of(settings: LenientJson) -> dict[str, Any]:
    """Return the same of an object that is being read, which notes what could not be."""
    read = {
        field.name: settings.flag(field.name) if field.is_switch else settings.number(field.name)
        for field in VOICE_SETTINGS
    }
    return drop_empty(read)


def check_settings(values: Mapping[str, object]) -> None:
    """Raise RequestRejected for a setting that there is not, or that is out of its range."""
    for name, value in values.items():
        words = name.replace("_", " ").capitalize()[:40]
        field = _FIELDS.get(name)
        if field is None:
            raise errors.RequestRejected(f"ElevenLabs has no setting called {words}.")
        if not field.takes(value):
            raise errors.RequestRejected(f"{field.label} must be {field.range_words}.")
