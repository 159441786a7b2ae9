"""The text to synthesize, and the settings that the voice's provider offers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import Voice
from catalog.providers.sanitize import clean_text
from catalog.providers.types import SettingField, SettingValue
from catalog.queries.syntheses.sample_texts import find_sentences

_PREFIX = "set_"


def first_text(voice: Voice) -> dict[str, Any]:
    """Return the form's initial values: a sample sentence in the voice's language."""
    return {"text": find_sentences(voice.language)[0]}


def clean_speech(text: str, longest: int, label: str) -> str:
    """Return the cleaned text; raises ValidationError if it is empty or longer than ``longest``."""
    cleaned = clean_text(text, longest + 1)
    if not any(mark.isalnum() for mark in cleaned):
        raise forms.ValidationError("Enter some text.")
    if len(cleaned) > longest:
        raise forms.ValidationError(f"{label} allows at most {longest:,} characters at once.")
    return cleaned


@dataclass(frozen=True, slots=True)
class SettingControl:
    """A setting and its form field."""

    field: SettingField
    bound: forms.BoundField

    @property
    def value(self) -> Any:
        """The current value."""
        return self.bound.value()


class SpeechForm(KeylessForm):
    """The text, and a field for each setting; an unchanged setting keeps the voice's value."""

    text = forms.CharField(
        label="Text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": "Enter some text."},
    )
    # Distinguishes a form with all switches off from one without settings.
    has_settings = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=True)

    def __init__(self, *args: Any, voice: Voice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.voice = voice
        self.longest = voice.info.max_speech_characters
        self.fields["text"].widget.attrs["maxlength"] = self.longest
        for field in voice.speech_fields:
            self.fields[_PREFIX + field.name] = _make_field(field, self._usual(field))

    @property
    def controls(self) -> Iterator[SettingControl]:
        """The settings, in the provider's order."""
        for field in self.voice.speech_fields:
            yield SettingControl(field, self[_PREFIX + field.name])

    @property
    def settings(self) -> Mapping[str, SettingValue]:
        """The settings to send, none if all have the voice's values. Only after ``is_valid``."""
        if not self.cleaned_data.get("has_settings"):
            return {}
        chosen = {field.name: self._chosen(field) for field in self.voice.speech_fields}
        usual = {field.name: self._usual(field) for field in self.voice.speech_fields}
        # All or none: providers don't document what they do when some are missing.
        return {} if chosen == usual else chosen

    def clean_text(self) -> str:
        return clean_speech(self.cleaned_data["text"], self.longest, self.voice.info.label)

    def _usual(self, field: SettingField) -> SettingValue:
        known: Any = (self.voice.details.get("settings") or {}).get(field.name)
        value: Any = known if field.takes(known) else field.default
        if field.choices:
            return str(value)
        return bool(value) if field.is_switch else float(value)

    def _chosen(self, field: SettingField) -> SettingValue:
        value: SettingValue | None = self.cleaned_data.get(_PREFIX + field.name)
        return self._usual(field) if value in (None, "") else value


def _make_field(field: SettingField, usual: SettingValue) -> forms.Field:
    if field.choices:
        choices = [(choice, choice) for choice in field.choices]
        return forms.ChoiceField(label=field.label, required=False, initial=usual, choices=choices)
    if field.is_switch:
        return forms.BooleanField(label=field.label, required=False, initial=usual)
    widget = forms.NumberInput(attrs={"type": "range", "step": field.step})
    return forms.FloatField(
        label=field.label,
        required=False,
        initial=usual,
        widget=widget,
        min_value=field.minimum,
        max_value=field.maximum,
    )
