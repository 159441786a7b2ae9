"""Find voices by words and facets, with the counts that stand beside every choice."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.db.models.expressions import OrderBy

from catalog.models import User, Voice, VoiceLabel
from catalog.models.voices import VoiceQuerySet, fold_text
from catalog.providers.labels import accent_label, language_label, use_case_label
from catalog.providers.registry import all_infos

PAGE_SIZE = 24
_SHOWN_CHOICES = 6
_MOST_WORDS = 12

FACETS = {
    "provider": "Provider",
    "kind": "Kind",
    "language": "Language",
    "gender": "Gender",
    "age": "Age",
    "accent": "Accent",
    "use_case": "Use case",
}
# Facets whose values are ours to name; a value outside is a mistake in the address.
CLOSED_FACETS = {
    "provider": {info.slug: info.label for info in all_infos()},
    "kind": dict(Voice.Kind.choices),
    "gender": dict(Voice.Gender.choices),
    "age": dict(Voice.Age.choices),
}
_LABEL_FACETS = {VoiceLabel.Facet.LANGUAGE.value, VoiceLabel.Facet.USE_CASE.value}

SORTS = {
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "language": "Language",
}
# Dates that the provider does not tell come last both ways.
_ORDERS: dict[str, list[str | OrderBy]] = {
    "name": ["sort_name"],
    "-name": ["-sort_name"],
    "newest": [F("remote_created_at").desc(nulls_last=True), "sort_name"],
    "oldest": [F("remote_created_at").asc(nulls_last=True), "sort_name"],
    "language": ["language", "sort_name"],
}
LAYOUTS = {"cards": "Cards", "list": "List"}


@dataclass(frozen=True, slots=True)
class VoiceFilter:
    """What somebody wants to see, as it stands in the address."""

    words: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "name"
    layout: str = "cards"

    def query_string(self, page: int = 1) -> str:
        """Return the canonical address: known keys, in one order, none that says nothing."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(name, value) for name in FACETS for value in self.chosen.get(name, ())]
        pairs += [("sort", self.sort)] if self.sort != "name" else []
        pairs += [("layout", self.layout)] if self.layout != "cards" else []
        pairs += [("page", str(page))] if page > 1 else []
        return f"?{urlencode(pairs)}" if pairs else ""

    def without(self, name: str, value: str) -> "VoiceFilter":
        """Return the filter with one value taken out."""
        left = tuple(each for each in self.chosen.get(name, ()) if each != value)
        return replace(self, chosen={**self.chosen, name: left})

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing narrows the list."""
        return not self.words and not any(self.chosen.values())


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
    base = Voice.objects.visible_to(user).present().shown()
    found = _narrow(base, wanted)
    count = found.count()
    page_count = max(1, -(-count // PAGE_SIZE))
    page = min(max(1, page), page_count)
    rows = (
        found.select_related("account", "clip")
        .prefetch_related("labels")
        .order_by(*_ORDERS[wanted.sort], "pk")[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    )
    return VoicePage(
        wanted=wanted,
        voices=list(rows),
        found_count=count,
        total_count=base.count() if not wanted.is_empty else count,
        page=page,
        page_count=page_count,
        facets=[_count_facet(base, wanted, name, place) for place, name in enumerate(FACETS)],
        chips=_list_chips(wanted),
        relaxed=_list_relaxed(base, wanted) if not count else [],
    )


def name_value(facet: str, value: str) -> str:
    """Return the words for one value of a facet."""
    if value == "unknown":
        return "Unknown"
    if facet in CLOSED_FACETS:
        return CLOSED_FACETS[facet].get(value, value)
    return {"language": language_label, "accent": accent_label, "use_case": use_case_label}[facet](
        value
    )


def _narrow(voices: VoiceQuerySet, wanted: VoiceFilter, besides: str = "") -> VoiceQuerySet:
    found = voices.matching(fold_text(wanted.words).split()[:_MOST_WORDS])
    for name, values in wanted.chosen.items():
        if values and name != besides:
            found = found.filter(_match_facet(name, values))
    return found


def _match_facet(name: str, values: tuple[str, ...]) -> Q:
    if name in _LABEL_FACETS:
        labels = VoiceLabel.objects.filter(facet=name, value__in=values)
        return Q(pk__in=labels.values("voice"))
    return Q(**{f"{name}__in": values})


def _count_facet(base: VoiceQuerySet, wanted: VoiceFilter, name: str, place: int) -> Facet:
    # A group's own ticks are left out of its counts: they say what ticking one more would add.
    found = _narrow(base, wanted, besides=name)
    if name in _LABEL_FACETS:
        labels = VoiceLabel.objects.filter(facet=name, voice__in=found)
        counts = dict(labels.order_by().values_list("value").annotate(Count("voice")))
    else:
        counts = dict(found.order_by().values_list(name).annotate(Count("pk")))
    on = wanted.chosen.get(name, ())
    values = set(counts) | set(on) | set(_always_shown(name))
    choices = [
        Choice(value, name_value(name, value), counts.get(value, 0), value in on)
        for value in values
    ]
    choices.sort(key=lambda choice: (choice.value == "unknown", -choice.count, choice.label))
    return Facet(
        name=name,
        label=FACETS[name],
        choices=choices[:_SHOWN_CHOICES],
        more=choices[_SHOWN_CHOICES:],
        on_count=len(on),
        is_open=place < 4 or bool(on),
    )


def _always_shown(name: str) -> list[str]:
    return [value for value in CLOSED_FACETS.get(name, {}) if name in {"gender", "age"}]


def _list_chips(wanted: VoiceFilter) -> list[Chip]:
    chips = []
    if wanted.words:
        chips.append(Chip("Search", wanted.words, replace(wanted, words="").query_string()))
    for name, values in wanted.chosen.items():
        chips += [
            Chip(FACETS[name], name_value(name, value), wanted.without(name, value).query_string())
            for value in values
        ]
    return chips


def _list_relaxed(base: VoiceQuerySet, wanted: VoiceFilter) -> list[Chip]:
    """Name each filter whose removal alone would show something, with how much."""
    options = [("Search", wanted.words, replace(wanted, words=""))] if wanted.words else []
    for name, values in wanted.chosen.items():
        if values:
            label = ", ".join(name_value(name, value) for value in values)
            chosen = {**wanted.chosen, name: ()}
            options.append((FACETS[name], label, replace(wanted, chosen=chosen)))
    counted = [
        Chip(name, label, without.query_string(), _narrow(base, without).count())
        for name, label, without in options
    ]
    return [chip for chip in counted if chip.count]
