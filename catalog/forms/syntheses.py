"""A text to be spoken, with the settings that the voice's provider offers."""

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
    """Return what stands in the form before anybody wrote anything."""
    return {"text": find_sentences(voice.language)[0]}


def clean_speech(text: str, longest: int, label: str) -> str:
    """Return the text as it may be sent; raises ValidationError, in words for a person."""
    cleaned = clean_text(text, longest + 1)
    if not any(mark.isalnum() for mark in cleaned):
        raise forms.ValidationError("Write what the voice shall say.")
    if len(cleaned) > longest:
        raise forms.ValidationError(f"{label} speaks at most {longest} characters at once.")
    return cleaned


@dataclass(frozen=True, slots=True)
class SettingControl:
    """One setting with what draws it."""

    field: SettingField
    bound: forms.BoundField

    @property
    def value(self) -> Any:
        """What it is set to now."""
        return self.bound.value()


class SpeechForm(KeylessForm):
    """The text, and a control for each setting; what is left as it is, is the voice's own."""

    text = forms.CharField(
        label="Text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": "Write what the voice shall say."},
    )
    # Tells a form whose switches are off from one that has none.
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
        """The settings in the provider's order."""
        for field in self.voice.speech_fields:
            yield SettingControl(field, self[_PREFIX + field.name])

    @property
    def settings(self) -> Mapping[str, SettingValue]:
        """What to send; nothing if all stands as with the voice. Only after ``is_valid``."""
        if not self.cleaned_data.get("has_settings"):
            return {}
        chosen = {field.name: self._chosen(field) for field in self.voice.speech_fields}
        usual = {field.name: self._usual(field) for field in self.voice.speech_fields}
        # All or none: nothing says what a provider makes of those that are left out.
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
