"""The text of a comparison, and how people vote."""

import re
from collections.abc import Sequence

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.syntheses import clean_speech
from catalog.models import Voice
from catalog.models.comparisons import MOST_TEXTS, MOST_VOICES

_NUMBER = re.compile(r"[0-9]{1,18}")


class ComparisonForm(KeylessForm):
    """The texts for all voices; the provider with the lowest limit decides how long they may be."""

    text = forms.CharField(
        label="Text for all voices",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": "Enter a text for the voices to say."},
    )
    is_blind = forms.BooleanField(label="Blind: hide the names until voting ends", required=False)
    votes_wanted = forms.IntegerField(
        label="Close voting after this many votes",
        min_value=1,
        max_value=50,
        initial=1,
        required=False,
    )
    # The cost that was shown; no more than this is spent.
    agreed = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, voices: Sequence[Voice], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        least = min(voices, key=lambda voice: voice.info.max_speech_characters, default=None)
        self.longest = least.info.max_speech_characters if least else 1000
        self.narrowest = least.info.label if least else "A voice"
        for number in range(2, MOST_TEXTS + 1):
            self.fields[f"text_{number}"] = forms.CharField(
                label=f"Text {number}",
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
            )
        for name in self.text_names:
            self.fields[name].widget.attrs["maxlength"] = self.longest

    @property
    def text_names(self) -> list[str]:
        """The names of the fields that hold texts."""
        return ["text", *(f"text_{number}" for number in range(2, MOST_TEXTS + 1))]

    @property
    def more_texts(self) -> list[forms.BoundField]:
        """The fields of the texts after the first one."""
        return [self[name] for name in self.text_names[1:]]

    @property
    def has_more_texts(self) -> bool:
        """Return whether any of them is filled in."""
        return any(field.value() for field in self.more_texts)

    @property
    def text_errors(self) -> list[str]:
        """The errors of all texts."""
        return [str(words) for name in self.text_names for words in self[name].errors]

    def clean(self) -> None:
        """Gather the texts, without empty and repeated ones."""
        texts = []
        for name in self.text_names:
            text = self.cleaned_data.get(name, "")
            if name != "text" and not text.strip():
                continue
            try:
                texts.append(clean_speech(text, self.longest, self.narrowest))
            except forms.ValidationError as exc:
                if not self.has_error(name):
                    self.add_error(name, exc)
        self.cleaned_data["texts"] = list(dict.fromkeys(texts))

    def clean_votes_wanted(self) -> int:
        return self.cleaned_data["votes_wanted"] or 1


class BallotForm(KeylessForm):
    """A vote for the voice at this place."""

    place = forms.IntegerField(min_value=0, max_value=MOST_VOICES - 1)


def read_voice_ids(values: Sequence[str]) -> list[int]:
    """Return the distinct ids among the URL's values; anything else is ignored."""
    numbers = [
        int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19
    ]
    return list(dict.fromkeys(numbers))
