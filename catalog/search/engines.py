"""The interface of both search engines, and the search that is built on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from catalog.models import User
from catalog.search.nodes import ANYWHERE, EVERYTHING, Node, Word, list_words, respell
from catalog.search.spelling import SHORTEST, list_variants

# Facets with one value per voice are columns of its row, the others are rows of labels.
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
    """What to search for, in which accounts, and how to sort.

    ``hidden`` holds key sets whose voices the user may not see.
    """

    user: User
    accounts: frozenset[int]
    node: Node = EVERYTHING
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "best"
    is_archived: bool = False
    hidden: frozenset[int] = frozenset()
    own_version: int = 0  # of the person's own things, such as stars

    @property
    def is_narrow(self) -> bool:
        """Return whether it has any condition besides the accounts."""
        return self.node != EVERYTHING or any(self.chosen.values())

    def besides(self, facet: str) -> "Search":
        """Return the search without the selected values of one facet."""
        return replace(self, chosen={**self.chosen, facet: ()})

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


Found = TypeVar("Found")


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

    def knows_beginning(self, search: Search, term: str) -> bool:
        """Return whether any term in the accounts starts with this, except in ids."""


def answer_search(
    engine: SearchEngine[Found], search: Search, *, facets: list[str], page: int, size: int
) -> SearchResult:
    """Return one page; without results, retry with corrected spelling."""
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
    # Ignore a facet's own selection in its counts, which show what another choice would add.
    if search.chosen.get(name):
        found = engine.select(search.besides(name))
    return engine.count_values(found, search, name)


def _find_spellings(engine: SearchEngine[Found], search: Search) -> dict[Word, tuple[str, ...]]:
    found = {}
    for word in search.plain_words:
        if len(word.term) < SHORTEST or engine.knows_beginning(search, word.term):
            continue
        others = [each for each in list_variants(word.term) if engine.knows_beginning(search, each)]
        # Skip "warm" if "warms" is suggested too, because it would match both.
        best = [
            each for each in others if not any(o != each and o.startswith(each) for o in others)
        ]
        if best:
            found[word] = tuple(best)
    return found
