"""The voice list: the filter in its URL, and the list's settings; a voice's name and labels."""

from typing import Any

from django import forms
from django.http import QueryDict

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.clones.create import LANGUAGE_CHOICES
from catalog.models import Voice
from catalog.providers.labels import accent_word
from catalog.queries.searches.filters import (
    CLOSED_FACETS,
    COLUMNS,
    FACETS,
    FILTERS,
    LAYOUTS,
    SORTS,
    VoiceFilter,
)
from catalog.search.labels import read_use_cases
from catalog.search.syntax import LONGEST_SEARCH

_LONGEST_VALUE = 60
_MOST_VALUES = 40
# Facets whose values are primary keys.
_NUMBERED = {"account", "collection", "speaker", "owner"}


class RenameForm(KeylessForm):
    """A new name for a voice."""

    name = forms.CharField(
        max_length=100,
        error_messages={
            "required": "Enter a name for the voice.",
            "max_length": "A name can have at most 100 characters.",
        },
    )

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"]).strip()
        if not any(mark.isalnum() for mark in name):
            raise forms.ValidationError("Enter a name with at least one letter or digit.")
        return name


LABEL_CHOICES = {
    "gender": [choice for choice in Voice.Gender.choices if choice[0] != "unknown"],
    "age": [choice for choice in Voice.Age.choices if choice[0] != "unknown"],
    "language": LANGUAGE_CHOICES,
}


def clean_accent(text: str) -> str:
    """Return an accent as it is stored."""
    return accent_word(one_line(text))


class RelabelForm(KeylessForm):
    """The team's own labels for a voice; empty means the provider's label."""

    gender = forms.ChoiceField(required=False)
    age = forms.ChoiceField(required=False)
    language = forms.ChoiceField(label="Main language", required=False)
    accent = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, voice: Voice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = voice.own_labels
        for name, choices in LABEL_CHOICES.items():
            as_told = ("", f"Use the value from {voice.info.label}")
            self.fields[name].choices = [as_told, *choices]  # type: ignore[attr-defined]

    def clean_accent(self) -> str:
        return clean_accent(self.cleaned_data["accent"])


class ViewForm(KeylessForm):
    """How a user likes the list to look; what isn't sent stays unchanged."""

    layout = forms.ChoiceField(choices=list(LAYOUTS.items()), required=False)
    sort = forms.ChoiceField(choices=list(SORTS.items()), required=False)
    columns = forms.MultipleChoiceField(choices=list(COLUMNS.items()), required=False)


class VoiceFilterForm:
    """Read the query string; invalid values are ignored and reported, never an error page."""

    def __init__(
        self, query: QueryDict, usual_sort: str = "best", usual_layout: str = "cards"
    ) -> None:
        self.ignored: list[str] = []
        self.page_number = read_page(query.get("page", ""))
        self.wanted = VoiceFilter(
            words=one_line(query.get("q", ""))[:LONGEST_SEARCH].strip(),
            chosen={name: self._read_facet(query, name) for name in FILTERS},
            sort=self._read_choice(query, "sort", SORTS, usual_sort),
            layout=self._read_choice(query, "layout", LAYOUTS, usual_layout),
            saved=_read_number(query.get("saved", "")),
            usual_sort=usual_sort,
            usual_layout=usual_layout,
        )

    def _read_facet(self, query: QueryDict, name: str) -> tuple[str, ...]:
        values = list(dict.fromkeys(value for value in query.getlist(name) if value))
        if name == "use_case":
            # Earlier addresses have the providers' words.
            read = (read_use_cases(one_line(value)[:_LONGEST_VALUE]) or [value] for value in values)
            values = list(dict.fromkeys(each for found in read for each in found))
        if not values:
            return ()
        good = [value for value in values if _is_value(name, value)][:_MOST_VALUES]
        kind = FACETS.get(name, "such filter").lower()
        self.ignored += [
            f"There is no {kind} “{one_line(value)[:_LONGEST_VALUE]}”."
            for value in values
            if not _is_value(name, value)
        ][:3]
        return tuple(good)

    def _read_choice(self, query: QueryDict, name: str, known: dict[str, str], default: str) -> str:
        value = query.get(name) or default
        if value in known:
            return value
        self.ignored.append(f"There is no {name} “{one_line(value)[:_LONGEST_VALUE]}”.")
        return default


def _is_value(name: str, value: str) -> bool:
    if name in CLOSED_FACETS:
        return value in CLOSED_FACETS[name]
    if name in _NUMBERED:
        return value.isascii() and value.isdigit() and len(value) < 19
    return len(value) <= _LONGEST_VALUE and value == one_line(value)


def one_line(text: str) -> str:
    """Return the text on one line, without characters that can't be stored or shown."""
    # PostgreSQL rejects NUL, and half a surrogate pair can't be encoded.
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(mark if mark.isprintable() else " " for mark in readable)


def _read_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def read_page(text: str) -> int:
    """Return the page number; anything that isn't a number means the first page."""
    if not text.isascii() or not text.isdigit():
        return 1
    return int(text[:12])
