"""A collection's name and people, and where a voice is to go."""

from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.voices.filters import one_line
from catalog.models import Collection, Membership

_OWN, _TEAM = "own", "team"
_WHOSE = [(_OWN, "Only I see it"), (_TEAM, "My team sees it")]


def clean_title(words: str) -> str:
    """Return a name in one line; raises ValidationError where it cannot be read."""
    name = " ".join(one_line(words).split())
    if not any(mark.isalnum() for mark in name):
        raise forms.ValidationError("Give it a name that can be read.")
    return name


class CollectionForm(KeylessForm):
    """Name, description, and whose it is."""

    name = forms.CharField(
        max_length=80,
        error_messages={
            "required": "Give the collection a name.",
            "max_length": "A name has at most 80 characters.",
        },
    )
    description = forms.CharField(max_length=300, required=False)
    whose = forms.ChoiceField(choices=_WHOSE, initial=_OWN, widget=forms.RadioSelect)
    maintainers = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        error_messages={"invalid_choice": "Choose people of your team."},
    )

    def __init__(self, *args: Any, people: list[Membership] | None = None, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["maintainers"].choices = [  # type: ignore[attr-defined]
            (member.user_id, str(member.user)) for member in people or []
        ]

    def clean_name(self) -> str:
        return clean_title(self.cleaned_data["name"])

    def clean_description(self) -> str:
        return one_line(self.cleaned_data["description"]).strip()

    @property
    def is_shared(self) -> bool:
        """Tell whether it is to be the team's."""
        return bool(self.cleaned_data["whose"] == _TEAM)

    @staticmethod
    def initial_of(collection: Collection) -> dict[str, Any]:
        """Return what the form shows of a collection that is there."""
        return {
            "name": collection.name,
            "description": collection.description,
            "whose": _TEAM if collection.is_shared else _OWN,
            "maintainers": [person.pk for person in collection.maintainers.all()],
        }


class CollectForm(KeylessForm):
    """Into which collection, one that is there or one with a new name."""

    collection = forms.TypedChoiceField(
        required=False,
        coerce=int,
        error_messages={"invalid_choice": "There is no such collection."},
    )
    name = forms.CharField(max_length=80, required=False)
    note = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, collections: list[Collection], **named: Any) -> None:
        super().__init__(*args, **named)
        self._collections = {row.pk: row for row in collections}
        self.fields["collection"].choices = [  # type: ignore[attr-defined]
            (row.pk, row.name) for row in collections
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("name", "").strip():
            found["name"] = clean_title(found["name"])
        elif not found.get("collection") and not self.errors:
            raise forms.ValidationError("Choose a collection, or write the name of one to make.")
        found["note"] = one_line(found.get("note", "")).strip()
        return found

    @property
    def chosen(self) -> Collection | None:
        """The collection that is there already, None for one to be made."""
        if self.cleaned_data["name"].strip():
            return None
        return self._collections.get(self.cleaned_data["collection"] or 0)


class EntryForm(KeylessForm):
    """What a voice is in the collection for."""

    note = forms.CharField(max_length=300, required=False)

    def clean_note(self) -> str:
        return one_line(self.cleaned_data["note"]).strip()


class MoveForm(KeylessForm):
    """One place up or down."""

    by = forms.TypedChoiceField(choices=[("-1", "Up"), ("1", "Down")], coerce=int)
