"""A voice's settings for the form: requested values first, then stored ones, then defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.models import Voice, VoiceSettings
from catalog.providers.types import SettingField


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting with its current value and the provider's default."""

    field: SettingField
    value: float | bool | str | None
    default: float | bool

    @property
    def text(self) -> str:
        """The number as text for the control; the default if unknown."""
        if self.value is None or isinstance(self.value, str):
            return self.value or self.default_text
        return f"{self.value:g}"

    @property
    def default_text(self) -> str:
        """The provider's default as text."""
        if self.field.is_switch:
            return "on" if self.default else "off"
        return f"{self.default:g}"


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """A voice's settings, when they were read, and whether a worker is busy with them."""

    settings: list[ShownSetting]
    kept: VoiceSettings | None
    read_at: datetime | None
    is_known: bool

    @property
    def is_waiting(self) -> bool:
        """Return whether a worker still has to read or save them."""
        return self.kept is not None and self.kept.is_waiting

    @property
    def is_saving(self) -> bool:
        """Return whether a change is being saved."""
        return self.kept is not None and self.kept.is_saving

    @property
    def is_saved(self) -> bool:
        """Return whether the last change was saved."""
        return self.kept is not None and self.kept.state == VoiceSettings.State.SAVED

    @property
    def problem(self) -> str:
        """The last error, in the provider's words."""
        return self.kept.message if self.kept is not None else ""


def get_voice_settings(
    voice: Voice, typed: Mapping[str, str] | None = None
) -> ShownSettings | None:
    """Return the voice's settings, or None if its provider has none.

    ``typed`` holds the submitted values of an invalid form.
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
