"""A collection's name and people, and adding voices to one."""

from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.voices.filters import one_line
from catalog.models import Collection, Membership

_OWN, _TEAM = "own", "team"
_WHOSE = [(_OWN, "Only me"), (_TEAM, "My team")]


def clean_title(words: str) -> str:
    """Return the name on one line; raises ValidationError if it has no letter or digit."""
    name = " ".join(one_line(words).split())
    if not any(mark.isalnum() for mark in name):
        raise forms.ValidationError("Enter a name with at least one letter or digit.")
    return name


class CollectionForm(KeylessForm):
    """Name, description, sharing, and maintainers."""

    name = forms.CharField(
        max_length=80,
        error_messages={
            "required": "Enter a name for the collection.",
            "max_length": "A name can have at most 80 characters.",
        },
    )
    description = forms.CharField(max_length=300, required=False)
    whose = forms.ChoiceField(choices=_WHOSE, initial=_OWN, widget=forms.RadioSelect)
    maintainers = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        error_messages={"invalid_choice": "Choose members of your team."},
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
        """Return whether the team should see the collection."""
        return bool(self.cleaned_data["whose"] == _TEAM)

    @staticmethod
    def initial_of(collection: Collection) -> dict[str, Any]:
        """Return the form's initial values for an existing collection."""
        return {
            "name": collection.name,
            "description": collection.description,
            "whose": _TEAM if collection.is_shared else _OWN,
            "maintainers": [person.pk for person in collection.maintainers.all()],
        }


class CollectForm(KeylessForm):
    """The collection to add voices to: an existing one, or the name of a new one."""

    collection = forms.TypedChoiceField(
        required=False,
        coerce=int,
        error_messages={"invalid_choice": "This collection doesn't exist."},
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
            raise forms.ValidationError("Choose a collection, or enter a name for a new one.")
        found["note"] = one_line(found.get("note", "")).strip()
        return found

    @property
    def chosen(self) -> Collection | None:
        """The existing collection that was chosen or whose name was entered; None to create one."""
        if name := self.cleaned_data["name"].strip():
            same = (row for row in self._collections.values() if row.name.lower() == name.lower())
            return next(same, None)
        return self._collections.get(self.cleaned_data["collection"] or 0)


class EntryForm(KeylessForm):
    """The note that says what a voice is in the collection for."""

    note = forms.CharField(max_length=300, required=False)

    def clean_note(self) -> str:
        return one_line(self.cleaned_data["note"]).strip()


class MoveForm(KeylessForm):
    """Move an entry one place up or down."""

    by = forms.TypedChoiceField(choices=[("-1", "Up"), ("1", "Down")], coerce=int)
