"""Run searches on an index, with bitmaps of documents."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from heapq import merge
from itertools import islice
from operator import and_, or_, sub

import numpy as np
from pyroaring import BitMap

from catalog.search.engines import Ranking, Search
from catalog.search.index.arrays import as_numbers
from catalog.search.index.phrases import find_any_phrase, find_phrase, find_word
from catalog.search.index.versions import IndexVersion, Shard
from catalog.search.nodes import (
    SPELLED,
    AllOf,
    AnyOf,
    AnyPhrase,
    Created,
    Leaf,
    Node,
    Not,
    Phrase,
    Value,
    Word,
)
from catalog.search.suggested import Candidate, order_suggested
from catalog.search.user_facets import MARK_FACETS

_LAST = 2**32
_Key = tuple[object, ...]
_TIERS = (frozenset({"name"}), frozenset({"name", "labels", "team", "ids"}))
_START = frozenset({"start"})


class IndexEngine:
    """Searches one version of the index; results are one bitmap per shard."""

    def __init__(self, edition: IndexVersion) -> None:
        self._edition = edition
        # Spelling correction and briefs ask for the same beginnings.
        self._known: dict[str, bool] = {}
        # Facet counts and scores evaluate mostly the same conditions again. They are keyed by id,
        # because hashing a tree takes longer than evaluating it, and kept, so ids stay unique.
        self._held: dict[tuple[int, int], tuple[Node, BitMap]] = {}
        self._narrowed: dict[tuple[int, int], tuple[Node, BitMap, BitMap]] = {}

    def select(self, search: Search) -> list[BitMap]:
        """Return the matching documents."""
        if not search.is_narrow:
            return self._everything(search)
        base = self._base(search)
        parts = search.node.parts if isinstance(search.node, AllOf) else (search.node,)
        node = AllOf((*search.conditions_chosen, *parts))
        found = [self._narrow(place, node, base[place], search) for place in range(len(base))]
        return self._edition.twins.drop_later(found) if search.drops_twins else found

    def size(self, found: list[BitMap]) -> int:
        """Return the number of documents."""
        return sum(map(len, found))

    def order(self, found: list[BitMap], search: Search, start: int, stop: int) -> list[int]:
        """Return the primary keys from ``start`` to before ``stop`` in the search's order."""
        if search.sort == "suggested":
            return order_suggested(self, found, search, start, stop)
        if search.sort == "-name":
            count = self.size(found)
            return self._page(found, "name", count - stop, count - start)[::-1]
        if search.sort != "best":
            return self._page(found, search.sort, start, stop)
        pks: list[int] = []
        for tier in self._split(found, search.plain_words):
            count = self.size(tier)
            if start < count:
                pks += self._page(tier, "name", max(0, start), min(stop, count))
            start, stop = start - count, stop - count
            if stop <= 0:
                break
        return pks

    def take(self, found: list[BitMap], pks: Sequence[int]) -> tuple[list[int], list[BitMap]]:
        """Return those of the primary keys that were found, and the other results."""
        if not pks:
            return [], found
        keys = np.array(pks, dtype=np.int64)
        here: set[int] = set()
        rest = []
        for shard, documents in zip(self._edition.shards, found, strict=True):
            those = shard.segment.documents_of(keys) & documents
            here |= set(shard.segment.pks[as_numbers(those)].tolist())
            rest.append(documents - those)
        return [pk for pk in pks if pk in here], rest

    def describe(self, pks: Sequence[int]) -> list[Candidate]:
        """Return what decides when a voice gets its turn, in the order of the primary keys."""
        keys = np.array(pks, dtype=np.int64)
        candidates = {
            each.pk: each
            for shard in self._edition.shards
            for each in shard.segment.describe(shard.segment.documents_of(keys) - shard.dead)
        }
        return [candidates[pk] for pk in pks]

    def remember(self, search: Search, list_first: Callable[[], list[int]]) -> list[int]:
        """Return the first primary keys of the search's order, cached with the index."""
        return self._edition.remember_first(search, list_first)

    def rank(
        self, search: Search, parts: Sequence[tuple[Node, int]], least: int, full: int
    ) -> Ranking[list[BitMap]]:
        """Return the documents by score."""
        listed = self.select(search)
        scores = [
            _add_up([(self._narrow(place, node, documents, search), n) for node, n in parts])
            for place, documents in enumerate(listed)
        ]
        with_twins = _reach(listed, scores, least)
        if not any(with_twins):
            with_twins = _reach(listed, scores, 1)
        found = self._edition.twins.drop_later(with_twins) if search.has_twins else with_twins
        full_count = self.size(_reach(found, scores, full))
        return Ranking(listed, found, with_twins, full_count, _group(found, scores))

    def match(
        self, found: list[BitMap], search: Search, nodes: Sequence[Node], ids: list[int]
    ) -> list[set[int]]:
        """Return those of the primary keys whose documents match each condition."""
        matching: list[set[int]] = [set() for _ in nodes]
        keys = np.array(ids, dtype=np.int64)
        for place, (shard, documents) in enumerate(zip(self._edition.shards, found, strict=True)):
            those = as_numbers(shard.segment.documents_of(keys))
            pairs = list(zip(those.tolist(), shard.segment.pks[those].tolist(), strict=True))
            for node, pks in zip(nodes, matching, strict=True):
                fitting = self._narrow(place, node, documents, search)
                pks.update(pk for document, pk in pairs if document in fitting)
        return matching

    def count_values(self, found: list[BitMap], search: Search, facet: str) -> dict[str, int]:
        """Count the documents per value of the facet."""
        if facet in MARK_FACETS:
            marks = self._edition.marked_by(search.user, search.own_version, facet)
            counts = {mark: _count_common(documents, found) for mark, documents in marks.items()}
            return {mark: count for mark, count in counts.items() if count}
        if found is self._everything(search):
            return self._edition.remembered_counts(found, facet)
        return self._edition.count_values(found, facet)

    def knows_beginning(self, search: Search, term: str) -> bool:
        """Return whether any term in the accounts starts with this, except in ids."""
        if term not in self._known:
            self._known[term] = any(
                not base.isdisjoint(shard.segment.terms_in(section).beginning_with(term))
                for shard, base in zip(self._edition.shards, self._base(search), strict=True)
                for section in SPELLED
            )
        return self._known[term]

    def _everything(self, search: Search) -> list[BitMap]:
        find = self._edition.shown_in if search.drops_twins else self._edition.listed_in
        return find(search.accounts, search.hidden, is_archived=search.is_archived)

    def _base(self, search: Search) -> list[BitMap]:
        return self._edition.listed_in(
            search.accounts, search.hidden, is_archived=search.is_archived
        )

    def _narrow(self, place: int, node: Node, within: BitMap, search: Search) -> BitMap:
        """Return the documents of one shard that match the condition."""
        key = (id(within), id(node))
        if key not in self._narrowed:
            self._narrowed[key] = node, within, self._narrow_again(place, node, within, search)
        return self._narrowed[key][2]

    def _narrow_again(self, place: int, node: Node, within: BitMap, search: Search) -> BitMap:
        match node:
            case AllOf():
                # Start with the rarest condition, which leaves less work for the others.
                for part in sorted(node.parts, key=lambda part: self._weigh(place, part, search)):
                    if within:
                        within = self._narrow(place, part, within, search)
                return within
            case AnyOf():
                parts = (self._narrow(place, part, within, search) for part in node.parts)
                return reduce(or_, parts, BitMap())
            case Not():
                return within - self._narrow(place, node.part, within, search)
            case _:
                return within & self._holding(place, node, search)

    def _weigh(self, place: int, node: Node, search: Search) -> int:
        if isinstance(node, Value | Word):
            return len(self._holding(place, node, search))
        return _LAST

    def _holding(self, place: int, node: Leaf, search: Search) -> BitMap:
        key = (place, id(node))
        if key not in self._held:
            self._held[key] = node, self._find(place, node, search)
        return self._held[key][1]

    def _find(self, place: int, node: Leaf, search: Search) -> BitMap:
        match node:
            case Value():
                return self._having(place, node, search)
            case Word():
                return find_word(self._shard(place).segment, node)
            case Phrase():
                return find_phrase(self._shard(place).segment, node)
            case AnyPhrase():
                return find_any_phrase(self._shard(place).segment, node)
            case Created():
                return self._shard(place).segment.created_in(node)

    def _shard(self, place: int) -> Shard:
        return self._edition.shards[place]

    def _having(self, place: int, node: Value, search: Search) -> BitMap:
        if node.facet in MARK_FACETS:
            marks = self._edition.marked_by(search.user, search.own_version, node.facet)
            wanted = (marks[value][place] for value in node.values if value in marks)
            return reduce(or_, wanted, BitMap())
        known = self._shard(place).segment.values_of(node.facet)
        values = set(node.values)
        if node.is_family:
            starts = tuple(f"{value}-" for value in node.values)
            values |= {value for value in known if value.startswith(starts)}
        having = [known[value] for value in values if value in known]
        return having[0] if len(having) == 1 else BitMap.union(BitMap(), *having)

    def _split(self, found: list[BitMap], words: list[Word]) -> Iterator[list[BitMap]]:
        """Yield the results by relevance: start of the name, name, labels, anything else."""
        if words:
            named, labelled = ([replace(word, sections=tier) for word in words] for tier in _TIERS)
            begun = replace(words[0], sections=_START)
            for better in ([begun, *named], named, labelled):
                fitting = [
                    reduce(and_, (find_word(shard.segment, word) for word in better), documents)
                    for shard, documents in zip(self._edition.shards, found, strict=True)
                ]
                yield fitting
                found = [a - b for a, b in zip(found, fitting, strict=True)]
        yield found

    def _page(self, found: list[BitMap], sort: str, start: int, stop: int) -> list[int]:
        large = self._shard(0).segment
        # Only the first ``stop`` documents of each small shard can be on the page or before it.
        small = sorted(
            keys[document]
            for shard, documents in zip(self._edition.shards[1:], found[1:], strict=True)
            for keys in [shard.segment.keys_by(sort)]
            for document in shard.segment.order_by(sort).pick(documents, 0, stop)
        )
        # Start early enough for small-shard documents to take the places before the page.
        first = max(0, start - len(small))
        documents = large.order_by(sort).pick(found[0], first, stop)
        if not small:
            return list(large.pks[documents].tolist())

        def key_at(place: int) -> _Key:
            return large.key_of(documents[place - first], sort)

        taken = _count_taken(key_at, len(found[0]), small, start)
        keys = map(key_at, range(start - taken, first + len(documents)))
        both = merge(keys, small[taken : taken + stop - start])
        return [int(str(key[-1])) for key in islice(both, stop - start)]


# The sums of a shard's documents: a bitmap for each binary digit, lowest first.
_Sums = list[BitMap]


def _add_up(matches: Iterable[tuple[BitMap, int]]) -> _Sums:
    """Return for each document the sum of the numbers that it matches.

    A number is added to all documents at once, with carries.
    """
    digits: _Sums = []
    for matching, number in matches:
        for place in range(number.bit_length()):
            if number >> place & 1:
                _add_digit(digits, matching, place)
    return digits


def _add_digit(digits: list[BitMap], carry: BitMap, place: int) -> None:
    while carry:
        while len(digits) < place:
            digits.append(BitMap())
        if len(digits) == place:
            digits.append(carry)
            return
        digits[place], carry = digits[place] ^ carry, digits[place] & carry
        place += 1


def _reach(found: list[BitMap], scores: list[_Sums], least: int) -> list[BitMap]:
    """Return the documents whose sum is at least this."""
    reached = []
    for documents, digits in zip(found, scores, strict=True):
        more, same = BitMap(), documents
        for place in reversed(range(max(len(digits), least.bit_length()))):
            digit = digits[place] if place < len(digits) else BitMap()
            if least >> place & 1:
                same = same & digit
            else:
                more, same = more | (same & digit), same - digit
        reached.append(more | same)
    return reached


def _group(found: list[BitMap], scores: list[_Sums]) -> Iterator[list[BitMap]]:
    """Yield the documents in groups of the same sum, highest first."""
    if not any(found):
        return
    if not any(scores):
        yield found
        return
    length = max(map(len, scores))
    digits = [sums[length - 1] if len(sums) == length else BitMap() for sums in scores]
    rest = [sums[: length - 1] for sums in scores]
    yield from _group(list(map(and_, found, digits)), rest)
    yield from _group(list(map(sub, found, digits)), rest)


def _count_common(documents: list[BitMap], found: list[BitMap]) -> int:
    pairs = zip(documents, found, strict=True)
    return sum(one.intersection_cardinality(other) for one, other in pairs)


def _count_taken(key_at: Callable[[int], _Key], count: int, small: list[_Key], start: int) -> int:
    """Return how many small-shard keys are among the first ``start`` of the merged order."""
    low, high = max(0, start - count), min(len(small), start)
    while low < high:
        middle = (low + high) // 2
        if small[middle] < key_at(start - middle - 1):
            low = middle + 1
        else:
            high = middle
    return low
