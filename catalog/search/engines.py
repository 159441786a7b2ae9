"""What both engines can do, and the answer to a search that is put together from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from catalog.models import User
from catalog.search.nodes import ANYWHERE, EVERYTHING, Node, Word, list_words, respell
from catalog.search.spelling import SHORTEST, list_variants

# Facets with one value a voice stand in its row, the others in rows of labels.
COLUMN_FACETS = {
    "provider": "provider",
    "kind": "kind",
    "gender": "gender",
    "age": "age",
    "accent": "accent",
    "main_language": "language",
}
LABEL_FACETS = ("language", "use_case", "badge")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, in which accounts, and in which order it is shown.

    ``hidden`` are key sets of these accounts whose voices the person may not see.
    """

    user: User
    accounts: frozenset[int]
    node: Node = EVERYTHING
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "best"
    is_archived: bool = False
    hidden: frozenset[int] = frozenset()

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything but the accounts narrows it."""
        return self.node != EVERYTHING or any(self.chosen.values())

    def besides(self, facet: str) -> "Search":
        """Return the search without the choices of one group."""
        return replace(self, chosen={**self.chosen, facet: ()})

    @property
    def plain_words(self) -> list[Word]:
        """The words that may stand anywhere; the best matches have them in their names."""
        return [word for word in list_words(self.node) if word.sections == ANYWHERE]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page of what was found, by primary key, with the counts of every facet asked for."""

    ids: list[int]
    count: int
    total: int
    page: int
    page_count: int
    counts: dict[str, dict[str, int]]
    respelled: dict[str, tuple[str, ...]]
    search: Search


Found = TypeVar("Found")


class SearchEngine(Protocol[Found]):
    """One way to find voices; ``Found`` is whatever it finds them in."""

    def select(self, search: Search) -> Found:
        """Return what the search finds."""

    def size(self, found: Found) -> int:
        """Return how many voices were found."""

    def order(self, found: Found, search: Search, start: int, stop: int) -> list[int]:
        """Return primary keys in the search's order, from one place to before another."""

    def count_values(self, found: Found, search: Search, facet: str) -> dict[str, int]:
        """Return how many of the voices have each value of the facet; none with 0."""

    def knows_beginning(self, search: Search, term: str) -> bool:
        """Tell whether a term of any voice of the accounts begins like this, ids aside."""


def answer_search(
    engine: SearchEngine[Found], search: Search, *, facets: list[str], page: int, size: int
) -> SearchResult:
    """Return one page; where nothing is found, words with a letter wrong are forgiven."""
    found = engine.select(search)
    count = engine.size(found)
    spellings: dict[Word, tuple[str, ...]] = {}
    if not count and (spellings := _find_spellings(engine, search)):
        search = replace(search, node=respell(search.node, spellings))
        found = engine.select(search)
        count = engine.size(found)
    page_count = max(1, -(-count // size))
    page = min(max(1, page), page_count)
    everything = replace(search, node=EVERYTHING, chosen={})
    return SearchResult(
        ids=engine.order(found, search, (page - 1) * size, min(page * size, count)),
        count=count,
        total=engine.size(engine.select(everything)) if search.is_narrow else count,
        page=page,
        page_count=page_count,
        counts={name: _count_facet(engine, found, search, name) for name in facets},
        respelled={word.term: others for word, others in spellings.items()} if count else {},
        search=search,
    )


def _count_facet(
    engine: SearchEngine[Found], found: Found, search: Search, name: str
) -> dict[str, int]:
    # A group's own ticks are left out of its counts: they say what ticking one more would add.
    if search.chosen.get(name):
        found = engine.select(search.besides(name))
    return engine.count_values(found, search, name)


def _find_spellings(engine: SearchEngine[Found], search: Search) -> dict[Word, tuple[str, ...]]:
    found = {}
    for word in search.plain_words:
        if len(word.term) < SHORTEST or engine.knows_beginning(search, word.term):
            continue
        others = [each for each in list_variants(word.term) if engine.knows_beginning(search, each)]
        # "warms" says more than "warm", which was typed with a letter less.
        best = [
            each for each in others if not any(o != each and o.startswith(each) for o in others)
        ]
        if best:
            found[word] = tuple(best)
    return found
