"""The facets next to the list, and the labels of active filters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.providers.labels import accent_label, language_label, use_case_label
from catalog.queries.searches.filters import CLOSED_FACETS, FACETS, FILTERS, VoiceFilter

_SHOWN_CHOICES = 6
# Facets with few values, which are shown even if no voice has them.
_STEADY = {"gender", "age"}
# Facets for which a voice can have several values, or none.
OURS = {"tag", "collection"}
_OPEN = {"provider", "kind", "language", "gender"}
_LABELS = {"language": language_label, "accent": accent_label, "use_case": use_case_label}


class FacetChoice(NamedTuple):
    """One value of a facet, with the number of voices it would show."""

    value: str
    label: str
    count: int  # type: ignore[assignment]  # a tuple has a method of that name
    is_on: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet; ``more`` holds the choices that are collapsed."""

    name: str
    label: str
    choices: list[FacetChoice]
    more: list[FacetChoice]
    on_count: int
    is_open: bool

    @property
    def is_long(self) -> bool:
        """Return whether the collapsed part is long enough for its own search field."""
        return len(self.more) > _SHOWN_CHOICES

    @property
    def opens_more(self) -> bool:
        """Return whether a collapsed choice is selected."""
        return any(choice.is_on for choice in self.more)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """An active filter, and the URL without it; ``count`` is set only if nothing was found."""

    name: str
    label: str
    query: str
    count: int = 0


def name_value(facet: str, value: str, collections: Mapping[str, str]) -> str:
    """Return the label of a facet's value."""
    if facet in OURS:
        return value if facet == "tag" else collections.get(value, "A collection you can't see")
    if value == "unknown":
        return "Unknown"
    if facet in CLOSED_FACETS:
        return CLOSED_FACETS[facet].get(value, value)
    return _LABELS[facet](value)


def make_facet(
    wanted: VoiceFilter,
    name: str,
    counts: Mapping[str, int],
    collections: Mapping[str, str],
    usual: Iterable[str] = (),
) -> Facet:
    """Return a facet with its choices, most voices first and unknown last.

    Values in ``usual`` are shown even if no voice has them.
    """
    on = wanted.chosen.get(name, ())
    steady = CLOSED_FACETS[name] if name in _STEADY else ()
    values = {*counts, *on, *steady, *usual}
    words = CLOSED_FACETS.get(name) or {}
    choices = [
        FacetChoice(
            value,
            words.get(value) or name_value(name, value, collections),
            counts.get(value, 0),
            value in on,
        )
        for value in values
    ]
    choices.sort(key=lambda choice: (choice.value == "unknown", -choice.count, choice.label))
    return Facet(
        name=name,
        label=FACETS[name],
        choices=choices[:_SHOWN_CHOICES],
        more=choices[_SHOWN_CHOICES:],
        on_count=len(on),
        is_open=name in _OPEN or bool(on),
    )


def make_chips(wanted: VoiceFilter, collections: Mapping[str, str]) -> list[FilterChip]:
    """Return the active filters, each with the URL without it."""
    chips = []
    if wanted.words:
        chips.append(FilterChip("Search", wanted.words, replace(wanted, words="").query_string()))
    for name, values in wanted.chosen.items():
        chips += [
            FilterChip(FILTERS[name], label, wanted.without(name, value).query_string())
            for value in values
            for label in [name_value(name, value, collections)]
        ]
    return chips
