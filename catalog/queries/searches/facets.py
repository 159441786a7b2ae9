"""The groups of choices beside the voices, and the filters that are on, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.providers.labels import accent_label, language_label, use_case_label
from catalog.queries.searches.filters import CLOSED_FACETS, FACETS, FILTERS, VoiceFilter

_SHOWN_CHOICES = 6
# With few values, which stay where they are when nothing has them.
_STEADY = {"gender", "age"}
# Of these a voice has some values, or none.
OURS = {"tag", "collection"}
_OPEN = {"provider", "kind", "language", "gender"}
_LABELS = {"language": language_label, "accent": accent_label, "use_case": use_case_label}


class FacetChoice(NamedTuple):
    """One value of a facet with the number of voices it would show."""

    value: str
    label: str
    count: int  # type: ignore[assignment]  # a tuple has a method of that name
    is_on: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One group of choices; ``more`` holds those behind the fold."""

    name: str
    label: str
    choices: list[FacetChoice]
    more: list[FacetChoice]
    on_count: int
    is_open: bool

    @property
    def is_long(self) -> bool:
        """Tell whether there is so much behind the fold that it has a search of its own."""
        return len(self.more) > _SHOWN_CHOICES

    @property
    def opens_more(self) -> bool:
        """Tell whether something behind the fold is chosen."""
        return any(choice.is_on for choice in self.more)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """One active filter, and the address without it; ``count`` only where nothing was found."""

    name: str
    label: str
    query: str
    count: int = 0


def name_value(facet: str, value: str, collections: Mapping[str, str]) -> str:
    """Return the words for one value of a facet."""
    if facet in OURS:
        return value if facet == "tag" else collections.get(value, "One that you may not see")
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
    """Return a group with its choices, those with most voices first and unknown last.

    ``usual`` are values that are shown also where no voice has them.
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
    """Return the active filters, each with the address without it."""
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
