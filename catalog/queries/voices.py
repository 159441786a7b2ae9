"""Find voices by words and facets, with the counts that stand beside every choice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import OrderBy

from catalog.models import Collection, CollectionEntry, Star, Tag, TagUse, User, Voice, VoiceLabel
from catalog.models.voices import VoiceQuerySet, fold_text
from catalog.providers.labels import accent_label, language_label, use_case_label
from catalog.queries.filters import CLOSED_FACETS, FACETS, FILTERS, FLAGS, VoiceFilter

PAGE_SIZE = 24
_SHOWN_CHOICES = 6
_MOST_WORDS = 12

# Of these a voice has several values, or none.
_LABEL_FACETS = {"language", "use_case", "tag", "collection"}
_OURS = {"tag", "collection"}
_OPEN = set(list(FACETS)[:4])

# Dates that the provider does not tell come last both ways.
_ORDERS: dict[str, list[str | OrderBy]] = {
    "name": ["sort_name"],
    "-name": ["-sort_name"],
    "newest": [F("remote_created_at").desc(nulls_last=True), "sort_name"],
    "oldest": [F("remote_created_at").asc(nulls_last=True), "sort_name"],
    "language": ["language", "sort_name"],
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet with the number of voices it would show."""

    value: str
    label: str
    count: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One group of choices; ``more`` holds those behind the fold."""

    name: str
    label: str
    choices: list[Choice]
    more: list[Choice]
    on_count: int
    is_open: bool

    @property
    def opens_more(self) -> bool:
        """Tell whether something behind the fold is chosen."""
        return any(choice.is_on for choice in self.more)


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter, and the address without it; ``count`` only where nothing was found."""

    name: str
    label: str
    query: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class VoicePage:
    """One page of results with everything that is drawn around it."""

    wanted: VoiceFilter
    voices: list[Voice]
    found_count: int
    total_count: int
    page: int
    page_count: int
    facets: list[Facet]
    flags: list[Choice]
    chips: list[Chip]
    relaxed: list[Chip]

    @property
    def first(self) -> int:
        """Number of the first voice shown, from 1."""
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """Number of the last voice shown."""
        return self.first + len(self.voices) - 1

    @property
    def previous_query(self) -> str:
        """The address of the page before, "" on the first."""
        return self.wanted.query_string(self.page - 1) or "?" if self.page > 1 else ""

    @property
    def next_query(self) -> str:
        """The address of the next page, "" on the last."""
        return self.wanted.query_string(self.page + 1) if self.page < self.page_count else ""


def find_voices(user: User, wanted: VoiceFilter, page: int = 1) -> VoicePage:
    """Return one page of what the person may see; a page past the end is the last one."""
    base, found = _find_base(user, wanted), _find(user, wanted)
    count = found.count()
    page_count = max(1, -(-count // PAGE_SIZE))
    page = min(max(1, page), page_count)
    rows = (
        found.select_related("account", "clip")
        .prefetch_related("labels")
        .order_by(*_ORDERS[wanted.sort], "pk")[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    )
    names = _name_collections(user)
    facets = [_count_facet(user, base, wanted, name, names) for name in FACETS]
    return VoicePage(
        wanted=wanted,
        voices=list(rows),
        found_count=count,
        total_count=base.count() if not wanted.is_empty else count,
        page=page,
        page_count=page_count,
        # What the team has not begun to use takes no room.
        facets=[facet for facet in facets if facet.name not in _OURS or facet.choices],
        flags=_count_flags(user, base, wanted),
        chips=_list_chips(wanted, names),
        relaxed=_list_relaxed(user, wanted, names) if not count else [],
    )


def _find_base(user: User, wanted: VoiceFilter) -> VoiceQuerySet:
    present = Voice.objects.visible_to(user).present()
    return present.archived() if wanted.chosen.get("archived") else present.shown()


def _find(user: User, wanted: VoiceFilter) -> VoiceQuerySet:
    return _narrow(user, _find_base(user, wanted), wanted)


def _name_collections(user: User) -> dict[str, str]:
    rows = Collection.objects.visible_to(user).kept().values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def name_value(facet: str, value: str, collections: Mapping[str, str]) -> str:
    """Return the words for one value of a facet."""
    if facet in _OURS:
        return value if facet == "tag" else collections.get(value, "One that you may not see")
    if value == "unknown":
        return "Unknown"
    if facet in CLOSED_FACETS:
        return CLOSED_FACETS[facet].get(value, value)
    return {"language": language_label, "accent": accent_label, "use_case": use_case_label}[facet](
        value
    )


def _narrow(
    user: User, voices: VoiceQuerySet, wanted: VoiceFilter, besides: str = ""
) -> VoiceQuerySet:
    found = voices.matching(fold_text(wanted.words).split()[:_MOST_WORDS])
    for name, values in wanted.chosen.items():
        if values and name not in {besides, "archived"}:
            found = found.filter(_match_facet(user, name, values))
    return found


def _match_facet(user: User, name: str, values: tuple[str, ...]) -> Q:
    if name == "starred":
        return Q(pk__in=Star.objects.filter(user=user).values("voice"))
    if name in _LABEL_FACETS:
        labels, field = _find_labels(user, name)
        return Q(pk__in=labels.filter(**{f"{field}__in": values}).values("voice"))
    return Q(**{f"{name}__in": values})


def _find_labels(user: User, name: str) -> tuple[QuerySet[Any], str]:
    """Return the rows that give a voice its values of the facet, and where the value stands."""
    if name == "tag":
        return TagUse.objects.filter(tag__in=Tag.objects.visible_to(user)), "tag__name"
    if name == "collection":
        seen = Collection.objects.visible_to(user).kept()
        return CollectionEntry.objects.filter(collection__in=seen), "collection"
    return VoiceLabel.objects.filter(facet=name), "value"


def _count_flags(user: User, base: VoiceQuerySet, wanted: VoiceFilter) -> list[Choice]:
    starred = _narrow(user, base, wanted, besides="starred").filter(
        _match_facet(user, "starred", ("yes",))
    )
    flags = [
        Choice("starred", FLAGS["starred"], starred.count(), bool(wanted.chosen.get("starred")))
    ]
    away = Voice.objects.visible_to(user).present().archived()
    count, is_on = _narrow(user, away, wanted).count(), bool(wanted.chosen.get("archived"))
    if count or is_on:
        flags.append(Choice("archived", FLAGS["archived"], count, is_on))
    return flags


def _count_facet(
    user: User, base: VoiceQuerySet, wanted: VoiceFilter, name: str, collections: Mapping[str, str]
) -> Facet:
    # A group's own ticks are left out of its counts: they say what ticking one more would add.
    found = _narrow(user, base, wanted, besides=name)
    if name in _LABEL_FACETS:
        labels, field = _find_labels(user, name)
        rows = labels.filter(voice__in=found).order_by().values_list(field)
        counts = {str(value): count for value, count in rows.annotate(Count("voice"))}
    else:
        counts = dict(found.order_by().values_list(name).annotate(Count("pk")))
    on = wanted.chosen.get(name, ())
    values = set(counts) | set(on) | set(_always_shown(name))
    choices = [
        Choice(value, name_value(name, value, collections), counts.get(value, 0), value in on)
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


def _always_shown(name: str) -> list[str]:
    return [value for value in CLOSED_FACETS.get(name, {}) if name in {"gender", "age"}]


def _list_chips(wanted: VoiceFilter, collections: Mapping[str, str]) -> list[Chip]:
    chips = []
    if wanted.words:
        chips.append(Chip("Search", wanted.words, replace(wanted, words="").query_string()))
    for name, values in wanted.chosen.items():
        chips += [
            Chip(FILTERS[name], label, wanted.without(name, value).query_string())
            for value in values
            for label in [name_value(name, value, collections)]
        ]
    return chips


def _list_relaxed(user: User, wanted: VoiceFilter, collections: Mapping[str, str]) -> list[Chip]:
    """Name each filter whose removal alone would show something, with how much."""
    options = [("Search", wanted.words, replace(wanted, words=""))] if wanted.words else []
    for name, values in wanted.chosen.items():
        if values:
            label = ", ".join(name_value(name, value, collections) for value in values)
            chosen = {**wanted.chosen, name: ()}
            options.append((FILTERS[name], label, replace(wanted, chosen=chosen)))
    counted = [
        Chip(
            name,
            label,
            without.query_string(),
            _narrow(user, _find_base(user, without), without).count(),
        )
        for name, label, without in options
    ]
    return [chip for chip in counted if chip.count]
