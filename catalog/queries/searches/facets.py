"""The facets next to the list, and the labels of active filters."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.providers.labels import accent_label, language_family, language_label
from catalog.queries.searches.filters import CLOSED_FACETS, FACETS, FILTERS, VoiceFilter
from catalog.search.engines import NO_REGION

# Values by facet, and then by value, of the facets whose values are primary keys.
Names = Mapping[str, Mapping[str, str]]

_UNKNOWN = "unknown"
_SHOWN_CHOICES = 6
# Facets with few values, which are shown even if no voice has them.
_STEADY = {"gender", "age"}
# Facets that are left out if no voice has a value.
_SPARSE = {"account", "badge", "style", "tag", "collection", "rating", "speaker", "owner"}
_OPEN = {"provider", "kind", "language", "gender"}
_LABELS: dict[str, Callable[[str], str]] = {"accent": accent_label, "tag": str, "created": str}
# A value that someone may not see, or that no longer exists.
_HIDDEN = {
    "account": "An account you can't see",
    "collection": "A collection you can't see",
    "speaker": "A speaker you can't see",
    "owner": "Someone you can't see",
}


class FacetChoice(NamedTuple):
    """One value of a facet, with the number of voices it would show.

    A language has its varieties as ``members``.
    """

    value: str
    label: str
    count: int  # type: ignore[assignment]  # a tuple has a method of that name
    is_on: bool
    members: "tuple[FacetChoice, ...]" = ()


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
        return any(
            choice.is_on or any(member.is_on for member in choice.members) for choice in self.more
        )

    @property
    def offers_choice(self) -> bool:
        """Return whether the facet is worth showing."""
        return bool(self.choices) or self.name not in _SPARSE


@dataclass(frozen=True, slots=True)
class FilterChip:
    """An active filter, and the URL without it; ``count`` is set only if nothing was found."""

    name: str
    label: str
    query: str
    count: int = 0


def name_value(facet: str, value: str, names: Names) -> str:
    """Return the label of a facet's value."""
    if value == _UNKNOWN:
        return "Unknown"
    if facet in _HIDDEN:
        return names.get(facet, {}).get(value, _HIDDEN[facet])
    if facet in CLOSED_FACETS:
        return CLOSED_FACETS[facet].get(value, value)
    return _name_language(value) if facet == "language" else _LABELS[facet](value)


def _name_language(value: str) -> str:
    tag = value.removesuffix(NO_REGION)
    return language_label(tag) if tag == value else f"{language_label(tag)} (region not stated)"


def make_facet(
    wanted: VoiceFilter,
    name: str,
    counts: Mapping[str, Mapping[str, int]],
    names: Names,
    usual: Iterable[str] = (),
) -> Facet:
    """Return a facet with its choices, most voices first and unknown last.

    ``counts`` has the voices per value of each facet. Values in ``usual`` are shown even if no
    voice has them.
    """
    on = wanted.chosen.get(name, ())
    if name == "language":
        choices = _list_languages(on, counts)
    else:
        steady = CLOSED_FACETS[name] if name in _STEADY else ()
        known = counts.get(name, {})
        choices = [
            FacetChoice(value, name_value(name, value, names), known.get(value, 0), value in on)
            for value in {*known, *on, *steady, *usual}
        ]
    # The best ratings and the latest years come first.
    is_ordered = name in {"rating", "created"}
    choices.sort(key=_by_value if is_ordered else _by_count, reverse=is_ordered)
    return Facet(
        name=name,
        label=FACETS[name],
        choices=choices[:_SHOWN_CHOICES],
        more=choices[_SHOWN_CHOICES:],
        on_count=len(on),
        is_open=name in _OPEN or bool(on),
    )


def _by_count(choice: FacetChoice) -> tuple[object, ...]:
    return choice.value == _UNKNOWN, -choice.count, choice.label


def _by_value(choice: FacetChoice) -> tuple[object, ...]:
    return choice.value != _UNKNOWN, choice.value


def _list_languages(
    on: Iterable[str], counts: Mapping[str, Mapping[str, int]]
) -> list[FacetChoice]:
    """Return a choice for each language, with its varieties if there are several."""
    tags, families = counts.get("language", {}), counts.get("family", {})
    chosen = set(on)
    members: dict[str, list[FacetChoice]] = defaultdict(list)
    for tag in {*tags, *(value.removesuffix(NO_REGION) for value in chosen)}:
        family = language_family(tag)
        value = tag + NO_REGION if tag == family else tag
        label = "Region not stated" if tag == family else language_label(tag)
        members[family].append(FacetChoice(value, label, tags.get(tag, 0), value in chosen))
    choices = []
    for family, varieties in members.items():
        varieties.sort(key=_by_count)
        is_one = len(varieties) == 1 and not varieties[0].is_on
        label = name_value("language", family, {})
        label = label if is_one else f"{label} (any)"
        count, is_on = families.get(family, 0), family in chosen
        shown = () if is_one else tuple(varieties)
        choices.append(FacetChoice(family, label, count, is_on, shown))
    return choices


def make_chips(wanted: VoiceFilter, names: Names) -> list[FilterChip]:
    """Return the active filters, each with the URL without it."""
    chips = []
    if wanted.words:
        chips.append(FilterChip("Search", wanted.words, replace(wanted, words="").query_string()))
    for name, values in wanted.chosen.items():
        chips += [
            FilterChip(FILTERS[name], label, wanted.without(name, value).query_string())
            for value in values
            for label in [name_value(name, value, names)]
        ]
    return chips
