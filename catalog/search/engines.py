"""The interface of both search engines, and the search that is built on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Generic, Protocol, TypeVar

from catalog.models import User
from catalog.providers.labels import language_family
from catalog.search.briefs import Brief, is_understood, read_brief
from catalog.search.meanings import find_slip
from catalog.search.nodes import (
    ANYWHERE,
    EVERYTHING,
    AllOf,
    AnyOf,
    Node,
    Value,
    Word,
    list_words,
    respell,
)
from catalog.search.spelling import SHORTEST, list_variants

# Facets with one value per voice are columns of its row, the others are rows of labels.
COLUMN_FACETS = {
    "provider": "provider",
    "kind": "kind",
    "gender": "gender",
    "age": "age",
    "accent": "accent",
    "main_language": "language",
    "account": "account",
}
# With fewer results that have all words, voices that come close follow.
FEW = 10
_NAMES = frozenset({"name", "ids"})
# An export of everything explains nothing.
MOST_EXPLAINED = 100
LABEL_FACETS = ("language", "family", "use_case", "style", "badge")
# The label of a library voice that several accounts list.
TWIN = "twin"
# Ends the value of a language filter for voices whose region isn't stated, as in "en~".
NO_REGION = "~"


@dataclass(frozen=True, slots=True)
class Search:
    """What to search for, in which accounts, and how to sort.

    ``hidden`` holds key sets whose voices the user may not see.
    """

    user: User
    accounts: frozenset[int]
    node: Node = EVERYTHING
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "best"
    is_archived: bool = False
    is_gone: bool = False  # only SQL finds those
    # Whether several accounts of a provider may list the same voice, and whether each is found.
    has_twins: bool = False
    keeps_twins: bool = False
    hidden: frozenset[int] = frozenset()
    own_version: int = 0  # of the person's own things, such as stars
    front: tuple[int, ...] = ()  # what the suggested order starts with
    # The plain words of the node, and its other conditions.
    words: str = ""
    conditions: Node = EVERYTHING

    @property
    def drops_twins(self) -> bool:
        """Return whether each voice that several accounts list is found once."""
        return self.has_twins and not self.keeps_twins

    @property
    def is_narrow(self) -> bool:
        """Return whether it has any condition besides the accounts."""
        return self.node != EVERYTHING or any(self.chosen.values())

    def besides(self, facet: str) -> "Search":
        """Return the search without the selected values of one facet."""
        return replace(self, chosen={**self.chosen, facet: ()})

    @property
    def conditions_chosen(self) -> list[Node]:
        """The selected values of each facet as conditions."""
        return [choose_values(facet, values) for facet, values in self.chosen.items() if values]

    @property
    def plain_words(self) -> list[Word]:
        """The words that may match anywhere; the best matches have them in their names."""
        return [word for word in list_words(self.node) if word.sections == ANYWHERE]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page of results as primary keys, with the counts of the requested facets."""

    ids: list[int]
    count: int
    total: int
    page: int
    page_count: int
    counts: dict[str, dict[str, int]]
    respelled: dict[str, tuple[str, ...]]
    search: Search
    # What was understood of the words, how many voices have all of them, and how many lack nothing
    # of what was understood.
    brief: Brief | None = None
    exact_count: int = 0
    full_count: int = 0
    # What was understood but isn't known of the page's voices, by primary key.
    lacking: dict[int, list[str]] = field(default_factory=dict)


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Ranking(Generic[Found]):
    """The results of a brief, and the same in groups of equal score, best first.

    ``listed`` has all voices that the brief allows. ``with_twins`` has each voice once for every
    account that lists it. Groups can be read once.
    """

    listed: Found
    found: Found
    with_twins: Found
    full_count: int
    groups: Iterable[Found]


class SearchEngine(Protocol[Found]):
    """One way to search voices; ``Found`` is its type of result set."""

    def select(self, search: Search) -> Found:
        """Return the result set."""

    def size(self, found: Found) -> int:
        """Return the number of voices in the result set."""

    def order(self, found: Found, search: Search, start: int, stop: int) -> list[int]:
        """Return the primary keys from ``start`` to before ``stop`` in the search's order."""

    def count_values(self, found: Found, search: Search, facet: str) -> dict[str, int]:
        """Count the voices per value of a facet, without values that none has."""

    def rank(
        self, search: Search, parts: Sequence[tuple[Node, int]], least: int, full: int
    ) -> Ranking[Found]:
        """Return the results with at least this score, or with any score if none has that much.

        Each part adds its number to the score of the voices that match it. Those with the score
        ``full`` are counted.
        """

    def match(
        self, found: Found, search: Search, nodes: Sequence[Node], ids: list[int]
    ) -> list[set[int]]:
        """Return those of the results' primary keys whose voices match each condition."""

    def knows_beginning(self, search: Search, term: str) -> bool:
        """Return whether any term in the accounts starts with this, except in ids."""


@lru_cache(maxsize=1024)
def choose_values(facet: str, values: tuple[str, ...]) -> Node:
    """Return the condition that a voice has one of the values that a filter names.

    A language stands for all its varieties: "en" for "en-GB" too. "en~" is English without a
    stated region.
    """
    if facet != "language":
        return Value(facet, values)
    parts = []
    for value in values:
        tag = value.removesuffix(NO_REGION)
        is_family = tag == value == language_family(tag)
        parts.append(Value("family" if is_family else "language", (tag,)))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def answer_search(
    engine: SearchEngine[Found], search: Search, *, facets: list[str], page: int, size: int
) -> SearchResult:
    """Return one page; with no or few results, correct the spelling and add the closest voices."""
    found = engine.select(search)
    count = engine.size(found)
    spellings: dict[Word, tuple[str, ...]] = {}
    if not count and (spellings := _find_spellings(engine, search)):
        search = replace(search, node=respell(search.node, spellings))
        found = engine.select(search)
        count = engine.size(found)
    brief = _read_words(engine, search) if search.words else None
    if brief is not None and count and _is_name(engine, search):
        brief = None
    if brief is not None and count >= FEW and len(brief.criteria) < 2:
        brief = None  # one word that many voices have is a search like any other
    if brief is not None:
        closest = _answer_brief(engine, search, brief, found, facets=facets, page=page, size=size)
        if closest is not None:
            return replace(closest, respelled=_respelled(spellings, count))
    page, page_count = _fit_page(page, count, size)
    return SearchResult(
        ids=engine.order(found, search, (page - 1) * size, min(page * size, count)),
        count=count,
        total=_count_all(engine, search) if search.is_narrow else count,
        page=page,
        page_count=page_count,
        counts=_count_facets(engine, found, search, facets, engine.select),
        respelled=_respelled(spellings, count),
        search=search,
        brief=brief if count >= FEW else None,
        exact_count=count,
        full_count=count,
    )


def _read_words(engine: SearchEngine[Found], search: Search) -> Brief | None:
    """Return what the words ask for besides the filters, or None if that's nothing known."""
    brief = read_brief(search.words, partial(engine.knows_beginning, search))
    if brief is None:
        return None
    brief = brief.without({name for name, values in search.chosen.items() if values})
    return brief if brief.criteria else None


def _is_name(engine: SearchEngine[Found], search: Search) -> bool:
    """Return whether a voice has all of the words in its name or ID: someone looks for that one."""
    if all(is_understood(word.term) for word in search.plain_words):
        return False  # as in "warm narrator"
    named = (replace(word, sections=_NAMES) for word in search.plain_words)
    those = replace(search, node=AllOf((search.conditions, *named)))
    return engine.size(engine.select(those)) > 0


def _answer_brief(
    engine: SearchEngine[Found],
    search: Search,
    brief: Brief,
    exact: Found,
    *,
    facets: list[str],
    page: int,
    size: int,
) -> SearchResult | None:
    """Return the voices closest to what the words ask for, None if there are no others.

    Those that have all of the words come first.
    """
    exact_count = engine.size(exact)
    # Above what the parts add up to: a voice that lacks nothing, or has all of the words.
    parts = brief.parts
    full = 1 << sum(number for _, number in parts).bit_length()
    parts += [(brief.everything, full), (search.node, 2 * full)]
    # If many have all of the words, only those that lack nothing follow.
    least = brief.least_score if exact_count < FEW else full
    closest = AnyOf((search.node, AllOf((search.conditions, brief.required))))

    def rank(search: Search) -> Ranking[Found]:
        wider = replace(search, node=closest, keeps_twins=True)
        return engine.rank(wider, parts, least, full)

    ranking = rank(search)

    def find(wider: Search) -> Found:
        is_same = wider.conditions_chosen == search.conditions_chosen
        within = ranking if is_same else rank(wider)
        return within.with_twins if wider.keeps_twins else within.found

    count = engine.size(ranking.found)
    if count <= exact_count:
        return None
    page, page_count = _fit_page(page, count, size)
    start, stop = (page - 1) * size, min(page * size, count)
    if search.sort == "best":
        # The first groups have all of the words, and their usual order.
        ids = engine.order(exact, search, min(start, exact_count), min(stop, exact_count))
        ids += _order_groups(engine, ranking.groups, search, max(start, exact_count), stop)
        nearly = ids[max(0, ranking.full_count - start) :]
    else:
        nearly = ids = engine.order(ranking.found, search, start, stop)
    explained = nearly if size <= MOST_EXPLAINED else []
    return SearchResult(
        ids=ids,
        count=count,
        total=_count_all(engine, search),
        page=page,
        page_count=page_count,
        counts=_count_facets(engine, ranking.found, search, facets, find),
        respelled={},
        search=search,
        brief=brief,
        exact_count=exact_count,
        lacking=_find_lacking(engine, ranking.listed, search, brief, explained),
        full_count=ranking.full_count,
    )


def _find_lacking(
    engine: SearchEngine[Found], found: Found, search: Search, brief: Brief, ids: list[int]
) -> dict[int, list[str]]:
    if not ids:
        return {}
    nodes = [search.node, *(criterion.node for criterion in brief.criteria)]
    exact, *matching = engine.match(found, search, nodes, ids)
    # A voice that has all of the words lacks nothing.
    return {
        pk: lacking
        for pk in ids
        if pk not in exact
        and (
            lacking := [
                criterion.label
                for criterion, fulfilling in zip(brief.criteria, matching, strict=True)
                if pk not in fulfilling
            ]
        )
    }


def _respelled(spellings: Mapping[Word, tuple[str, ...]], count: int) -> dict[str, tuple[str, ...]]:
    return {word.term: others for word, others in spellings.items()} if count else {}


def _order_groups(
    engine: SearchEngine[Found], groups: Iterable[Found], search: Search, start: int, stop: int
) -> list[int]:
    """Return the primary keys from ``start`` to before ``stop``, by group and then by name."""
    by_name = replace(search, sort="name")
    ids: list[int] = []
    if start >= stop:
        return ids
    for group in groups:
        count = engine.size(group)
        if start < count:
            ids += engine.order(group, by_name, max(0, start), min(stop, count))
        start, stop = start - count, stop - count
        if stop <= 0:
            break
    return ids


def _fit_page(page: int, count: int, size: int) -> tuple[int, int]:
    """Return the nearest page that exists, and how many there are."""
    page_count = max(1, -(-count // size))
    return min(max(1, page), page_count), page_count


def _count_all(engine: SearchEngine[Found], search: Search) -> int:
    return engine.size(engine.select(replace(search, node=EVERYTHING, chosen={})))


def _count_facets(
    engine: SearchEngine[Found],
    found: Found,
    search: Search,
    facets: list[str],
    find: Callable[[Search], Found],
) -> dict[str, dict[str, int]]:
    """Count the voices per value of each facet; ``find`` returns the results of a wider search.

    A facet's own selection is ignored in its counts, which show what another choice would add.
    """
    counts = {}
    for name in facets:
        filter_name = "language" if name == "family" else name
        within = found
        if name == "account" and search.has_twins:
            # An account has all of its voices, whichever of several accounts the list shows.
            within = find(replace(search.besides(name), keeps_twins=True))
        elif search.chosen.get(filter_name):
            within = find(search.besides(filter_name))
        counts[name] = engine.count_values(within, search, name)
    return counts


def _find_spellings(engine: SearchEngine[Found], search: Search) -> dict[Word, tuple[str, ...]]:
    found: dict[Word, tuple[str, ...]] = {}
    for word in search.plain_words:
        if len(word.term) < SHORTEST or is_understood(word.term):
            continue
        if engine.knows_beginning(search, word.term):
            continue
        slip = find_slip(word.term)
        if slip and engine.knows_beginning(search, slip):
            found[word] = (slip,)
            continue
        others = [each for each in list_variants(word.term) if engine.knows_beginning(search, each)]
        # Skip "warm" if "warms" is suggested too, because it would match both.
        best = [
            each for each in others if not any(o != each and o.startswith(each) for o in others)
        ]
        if best:
            found[word] = tuple(best)
    return found
