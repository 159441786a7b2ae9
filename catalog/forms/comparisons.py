"""The text of a comparison, and how people vote."""

import re
from collections.abc import Sequence

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.syntheses import clean_speech
from catalog.models import Voice

_NUMBER = re.compile(r"[0-9]{1,18}")


class ComparisonForm(KeylessForm):
    """One text for all voices; the provider with the lowest limit decides how long it may be."""

    text = forms.CharField(
        label="Text for all voices",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": "Enter a text for the voices to say."},
    )
    is_blind = forms.BooleanField(label="Blind: hide the names until voting ends", required=False)
    votes_wanted = forms.IntegerField(
        label="Reveal after this many votes", min_value=1, max_value=50, initial=1, required=False
    )
    # The cost that was shown; no more than this is spent.
    agreed = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, voices: Sequence[Voice], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        least = min(voices, key=lambda voice: voice.info.max_speech_characters, default=None)
        self.longest = least.info.max_speech_characters if least else 1000
        self.narrowest = least.info.label if least else "A voice"
        self.fields["text"].widget.attrs["maxlength"] = self.longest

    def clean_text(self) -> str:
        return clean_speech(self.cleaned_data["text"], self.longest, self.narrowest)

    def clean_votes_wanted(self) -> int:
        return self.cleaned_data["votes_wanted"] or 1


class BallotForm(KeylessForm):
    """A vote for the voice at this place."""

    place = forms.IntegerField(min_value=0, max_value=3)


def read_voice_ids(values: Sequence[str]) -> list[int]:
    """Return the distinct ids among the URL's values; anything else is ignored."""
    numbers = [
        int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19
    ]
    return list(dict.fromkeys(numbers))
