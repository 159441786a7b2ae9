"""Which speakers are one person, and which clone requests belong to someone else."""

from typing import Any

from django import forms

from catalog.core.locales import say_day
from catalog.forms.base.text_fields import KeylessForm, clean_words
from catalog.models import CloneBatch, Speaker


class SpeakerMergeForm(KeylessForm):
    """The speaker who is the same person."""

    other = forms.TypedChoiceField(
        label="Same person",
        coerce=int,
        error_messages={"required": "Choose a speaker.", "invalid_choice": "Choose a speaker."},
    )
    is_confirmed = forms.BooleanField(label="They are the same person.", required=False)

    def __init__(self, speakers: list[Speaker], *args: Any) -> None:
        super().__init__(*args)
        choices = [(each.pk, f"{each.name} (since {say_day(each.added_at)})") for each in speakers]
        self.fields["other"].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]


class SpeakerSplitForm(KeylessForm):
    """The name of the other person, and the requests that were made of their voice."""

    name = forms.CharField(
        label="Name of the other person",
        max_length=120,
        error_messages={"required": "Enter the name of the speaker."},
    )
    batch = forms.MultipleChoiceField(
        label="Requests",
        error_messages={
            "required": "Choose the requests that were made of the other person's voice.",
            "invalid_choice": "Choose some of the requests.",
        },
    )

    def __init__(self, batches: list[CloneBatch], *args: Any) -> None:
        super().__init__(*args)
        choices = [(str(each.pk), str(each.asked_at)) for each in batches]
        self.fields["batch"].choices = choices  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        words = "Enter a name with at least one letter or digit."
        return clean_words(self.cleaned_data["name"], words)
