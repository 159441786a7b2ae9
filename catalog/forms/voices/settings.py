"""The settings that a provider keeps for a voice, as entered by a user."""

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.providers.types import SettingField


class VoiceSettingsForm(KeylessForm):
    """One field for each setting that the provider offers."""

    def __init__(self, settings: tuple[SettingField, ...], *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        for setting in settings:
            self.fields[setting.name] = _make_field(setting)

    @property
    def problems(self) -> list[str]:
        """The errors as messages, at most one per setting and cause."""
        return [str(error) for errors in self.errors.values() for error in errors]


def _make_field(setting: SettingField) -> forms.Field:
    if setting.is_switch:
        return forms.BooleanField(required=False)
    words = f"{setting.label} must be {setting.range_words}."
    return forms.FloatField(
        min_value=setting.minimum,
        max_value=setting.maximum,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), words),
    )
