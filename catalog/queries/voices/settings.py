"""The settings of a voice as a form shows them: those wished for, else read, else listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.models import Voice, VoiceSettings
from catalog.providers.types import SettingField


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting with the text that its control starts with, and what the provider starts with."""

    field: SettingField
    value: float | bool | str | None
    default: float | bool

    @property
    def text(self) -> str:
        """The number as it stands in a control; what the provider starts with when not known."""
        if self.value is None or isinstance(self.value, str):
            return self.value or self.default_text
        return f"{self.value:g}"

    @property
    def default_text(self) -> str:
        """The value that the provider starts with, in words."""
        if self.field.is_switch:
            return "on" if self.default else "off"
        return f"{self.default:g}"


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """A voice's settings, how old they are, and what a worker is doing with them."""

    settings: list[ShownSetting]
    kept: VoiceSettings | None
    read_at: datetime | None
    is_known: bool

    @property
    def is_waiting(self) -> bool:
        """Tell whether a worker has still to do something."""
        return self.kept is not None and self.kept.is_waiting

    @property
    def is_saving(self) -> bool:
        """Tell whether that is a change."""
        return self.kept is not None and self.kept.is_saving

    @property
    def is_saved(self) -> bool:
        """Tell whether the last thing that a worker did was to change them."""
        return self.kept is not None and self.kept.state == VoiceSettings.State.SAVED

    @property
    def problem(self) -> str:
        """What was wrong the last time, in the provider's words."""
        return self.kept.message if self.kept is not None else ""


def get_voice_settings(
    voice: Voice, typed: Mapping[str, str] | None = None
) -> ShownSettings | None:
    """Return what is known of the voice's settings, None where its provider keeps none.

    ``typed`` is what somebody wrote into the form that could not be taken.
    """
    fields = voice.info.voice_settings
    if not fields:
        return None
    kept = VoiceSettings.objects.filter(voice=voice).first()
    read = kept.values if kept and kept.read_at else voice.details.get("settings") or {}
    shown: Mapping[str, float | bool | str] = {**read, **(kept.wanted if kept else {})}
    if typed is not None:
        shown = {field.name: _typed_value(field, typed) for field in fields}
    starts = kept.defaults if kept else {}
    return ShownSettings(
        settings=[
            ShownSetting(field, shown.get(field.name), starts.get(field.name, field.default))
            for field in fields
        ],
        kept=kept,
        read_at=kept.read_at if kept else None,
        is_known=bool(read),
    )


def _typed_value(field: SettingField, typed: Mapping[str, str]) -> str | bool:
    return field.name in typed if field.is_switch else typed.get(field.name, "")
