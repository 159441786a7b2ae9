"""Tags, notes, and ratings."""

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.voices.filters import one_line
from catalog.models import Rating

_LONGEST_TAG = 40
_MOST_TAGS = 10


class TagForm(KeylessForm):
    """One or more tags, separated by commas."""

    tags = forms.CharField(
        max_length=500,
        error_messages={
            "required": "Enter at least one tag.",
            "max_length": "The tags are too long. Enter at most 500 characters.",
        },
    )

    def clean_tags(self) -> list[str]:
        parts = one_line(self.cleaned_data["tags"]).split(",")
        words = [" ".join(part.split()) for part in parts]
        names = list(dict.fromkeys(word for word in words if word))
        if not names:
            raise forms.ValidationError("Enter at least one tag.")
        if len(names) > _MOST_TAGS:
            raise forms.ValidationError(f"You can add at most {_MOST_TAGS} tags at once.")
        if any(len(name) > _LONGEST_TAG for name in names):
            raise forms.ValidationError(f"A tag can have at most {_LONGEST_TAG} characters.")
        return names


class NoteForm(KeylessForm):
    """A note about a voice, for the whole team."""

    text = forms.CharField(
        max_length=2000,
        error_messages={
            "required": "Enter a note.",
            "max_length": "A note can have at most 2,000 characters.",
        },
    )


class RatingForm(KeylessForm):
    """A rating from 1 to 5; 0 clears it."""

    value = forms.IntegerField(
        min_value=0, max_value=Rating.MOST, error_messages={"required": "Choose a rating."}
    )


class SwitchForm(KeylessForm):
    """On or off: the wanted state instead of a toggle, so a repeated request is harmless."""

    on = forms.TypedChoiceField(
        choices=[("1", "On"), ("0", "Off")], coerce=lambda word: word == "1"
    )
