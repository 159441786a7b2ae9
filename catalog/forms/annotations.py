"""Tags, notes and ratings as people send them."""

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.voices.filters import one_line
from catalog.models import Rating

_LONGEST_TAG = 40
_MOST_TAGS = 10


class TagForm(KeylessForm):
    """One tag or several, with commas between them."""

    tags = forms.CharField(
        max_length=500,
        error_messages={
            "required": "Write at least one tag.",
            "max_length": "That is too long for tags.",
        },
    )

    def clean_tags(self) -> list[str]:
        parts = one_line(self.cleaned_data["tags"]).split(",")
        words = [" ".join(part.split()) for part in parts]
        names = list(dict.fromkeys(word for word in words if word))
        if not names:
            raise forms.ValidationError("Write at least one tag.")
        if len(names) > _MOST_TAGS:
            raise forms.ValidationError(f"At most {_MOST_TAGS} tags at once.")
        if any(len(name) > _LONGEST_TAG for name in names):
            raise forms.ValidationError(f"A tag has at most {_LONGEST_TAG} characters.")
        return names


class NoteForm(KeylessForm):
    """What the team should know of a voice."""

    text = forms.CharField(
        max_length=2000,
        error_messages={
            "required": "Write something first.",
            "max_length": "A note has at most 2000 characters.",
        },
    )


class RatingForm(KeylessForm):
    """From 1 to 5; 0 takes the rating back."""

    value = forms.IntegerField(min_value=0, max_value=Rating.MOST)


class SwitchForm(KeylessForm):
    """On or off, said and not toggled, so that asking twice does no harm."""

    on = forms.TypedChoiceField(
        choices=[("1", "On"), ("0", "Off")], coerce=lambda word: word == "1"
    )
