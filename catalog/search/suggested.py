"""The order of a list that nobody searched: the same on every page, in variety, with sound first.

``shuffled`` is an order by the voice alone: those that can be heard now, then the others, each
mixed by a hash of the primary key. ``suggested`` puts the user's own voices in front of it. Then
the first ones take turns: names, languages, genders, and providers.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from math import sqrt
from typing import Any, NamedTuple, Protocol, TypeVar

from catalog.search.engines import Search

# How many voices of the shuffled order take turns; the others follow as they are.
HEAD = 96
# Knuth's multiplicative hash: neighbors, such as one sync's voices, land far apart. The product
# fits into the 64 bits of SQL and NumPy.
_FACTOR, _RANGE, _KEYS = 2_654_435_761, 2**32, 2**31


class Candidate(NamedTuple):
    """What decides when a voice gets its turn; ``is_silent`` if nothing of it can be heard now."""

    pk: int
    is_silent: bool
    name: str  # as it is sorted
    language: str
    gender: str
    provider: str

    @property
    def family(self) -> str:
        """The language without its region."""
        return self.language.partition("-")[0]

    @property
    def place(self) -> tuple[bool, int, int]:
        """Its place in the shuffled order."""
        return (self.is_silent, shuffle_key(self.pk), self.pk)

    @property
    def first_name(self) -> str:
        """The first word of the name."""
        return self.name.partition(" ")[0]


Found = TypeVar("Found")


class SuggestingEngine(Protocol[Found]):
    """What an engine needs for this order, besides the shuffled one."""

    def select(self, search: Search) -> Found:
        """Return the result set."""

    def order(self, found: Found, search: Search, start: int, stop: int) -> list[int]:
        """Return the primary keys from ``start`` to before ``stop`` in the search's order."""

    def take(self, found: Found, pks: Sequence[int]) -> tuple[list[int], Found]:
        """Return those of the primary keys that were found, and the other results."""

    def describe(self, pks: Sequence[int]) -> list[Candidate]:
        """Return the candidates in the order of the primary keys."""

    def remember(self, search: Search, list_first: Callable[[], list[int]]) -> list[int]:
        """Return the first primary keys of the search's order, which may be cached."""


def shuffle_key(pk: Any) -> Any:
    """Return the place of a primary key in the mix; for numbers, arrays, and SQL expressions."""
    return pk % _KEYS * _FACTOR % _RANGE


def order_suggested(
    engine: SuggestingEngine[Found], found: Found, search: Search, start: int, stop: int
) -> list[int]:
    """Return the primary keys from ``start`` to before ``stop``."""
    shuffled = replace(search, sort="shuffled")

    def list_first() -> list[int]:
        # Archiving or starring a voice must not rearrange the others, so they take turns with it.
        archived = engine.select(replace(search, is_archived=not search.is_archived))
        pks = [pk for each in (found, archived) for pk in engine.order(each, shuffled, 0, HEAD)]
        pool = sorted(engine.describe(pks), key=lambda each: each.place)[:HEAD]
        front, rest = engine.take(found, search.front)
        heard = [each for each in pool if not each.is_silent]
        silent = [each for each in pool if each.is_silent]
        before = engine.describe(front)
        # A list starts with what can be heard, even if that is in one language.
        turns = arrange(heard, before) + arrange(silent, [*before, *heard])
        head, _ = engine.take(rest, turns)
        return front + head

    first = engine.remember(search, list_first)
    pks = first[start:stop]
    if stop > len(first):
        _, rest = engine.take(found, first)
        pks += engine.order(rest, shuffled, max(0, start - len(first)), stop - len(first))
    return pks


def arrange(candidates: Sequence[Candidate], front: Iterable[Candidate] = ()) -> list[int]:
    """Return the primary keys so that no name comes twice before all names had their turn.

    Within that, language families take turns, large ones more often; within a family genders do,
    and within those providers. Names of the ``front`` had their turn.
    """
    everyone = range(len(candidates))
    families = [each.family for each in candidates]
    genders = [(each.family, each.gender) for each in candidates]
    providers = [(each.family, each.gender, each.provider) for each in candidates]
    turns = _count_before(everyone, providers)
    turns = _count_before(sorted(everyone, key=turns.__getitem__), genders)
    turns = _count_before(sorted(everyone, key=turns.__getitem__), families)
    # Sizes in steps, so that one voice more or less changes little. An unknown language comes late.
    sizes = {family: 1 << size.bit_length() for family, size in Counter(families).items()}
    sizes["unknown"] = 1
    order = sorted(everyone, key=lambda at: (turns[at] + 1) / sqrt(sizes[families[at]]))
    names = [each.first_name for each in candidates]
    turns = _count_before(order, names, Counter({each.first_name: 1 for each in front}))
    return [candidates[at].pk for at in sorted(order, key=turns.__getitem__)]


def _count_before(
    order: Iterable[int], groups: Sequence[Hashable], counts: Counter[Any] | None = None
) -> list[int]:
    """Return, for each candidate, how many of its group come before it in the order."""
    counts = Counter() if counts is None else counts
    before = [0] * len(groups)
    for at in order:
        before[at] = counts[groups[at]]
        counts[groups[at]] += 1
    return before
