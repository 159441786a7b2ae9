"""Voices as numbered documents, with a bitmap for every value and term; immutable.

Documents with the same values get consecutive numbers, so the bitmap of a value is just a few runs.
That saves memory and speeds up facet counts.
"""

import contextlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

import numpy as np
from pyroaring import BitMap

from catalog.search.engines import COLUMN_FACETS
from catalog.search.index.arrays import Bitmaps, Numbers, Texts, as_bitmap, as_runs
from catalog.search.index.rows import IndexRow, as_microseconds
from catalog.search.index.sort_orders import SortOrder
from catalog.search.index.terms import Terms
from catalog.search.nodes import SECTIONS, AnyPhrase, Created, Phrase, Word
from catalog.search.suggested import Candidate, shuffle_key

# The sections, and the terms that names start with.
_DICTIONARIES = (*SECTIONS, "start")
_NOTHING = BitMap()
_MOST_REMEMBERED = 256
_SEPARATOR = "\x1f"
_FIRST_DATE = -(2**61)
# Two different sets must never compare equal; equal sets that compare different do no harm.
_PRIME = np.uint64(1_000_003)
# The sort keys for numbering documents: first what restricts access, then facets with many values.
_NUMBERED_BY = (
    *("account", "main_language", "accent", "use_case", "language"),
    *("gender", "age", "kind"),
)


class Segment:
    """A set of flat arrays that processes can memory-map from a file."""

    def __init__(self, parts: Mapping[str, Numbers]) -> None:
        self._parts = dict(parts)
        self.pks, self.created = parts["pks"], parts["created"]
        self.count = len(self.pks)
        self.names = Texts(parts["names.blob"], parts["names.ends"])
        self.languages = parts["languages"]
        self._places: dict[str, dict[str, BitMap]] = defaultdict(dict)
        keys = Texts(parts["keys.blob"], parts["keys.ends"])
        bitmaps = Bitmaps(Texts(parts["values.blob"], parts["values.ends"]))
        for place in range(len(keys)):
            facet, value = keys[place].decode().split(_SEPARATOR, 1)
            self._places[facet][value] = bitmaps[place]
        # Documents have exactly one value of these facets, so one count follows from the others.
        self._commonest = {
            facet: max(values, key=lambda value: len(values[value]))
            for facet in COLUMN_FACETS
            if (values := self.values_of(facet))
        }
        self._terms = {name: Terms.from_parts(_under(name, parts)) for name in _DICTIONARIES}
        self._orders = {each: SortOrder(parts[f"by_{each}"]) for each in ("name", "shuffled")}
        self._keys: dict[str, list[tuple[object, ...]]] = {}
        self._remembered: dict[Word | Phrase | AnyPhrase, BitMap] = {}

    def parts(self) -> dict[str, Numbers]:
        """Return the underlying arrays by name."""
        return self._parts

    def values_of(self, facet: str) -> dict[str, BitMap]:
        """Return the documents of each value of the facet."""
        return self._places.get(facet, {})

    def having(self, facet: str, value: str) -> BitMap:
        """Return the documents with this value; don't modify the result."""
        return self.values_of(facet).get(value, _NOTHING)

    def count_values(self, facet: str, documents: BitMap) -> dict[str, int]:
        """Count the documents per value of the facet, without values that none has."""
        commonest = self._commonest.get(facet)
        counts = {
            value: count
            for value, having in self.values_of(facet).items()
            if value != commonest and (count := having.intersection_cardinality(documents))
        }
        if commonest is not None and (rest := len(documents) - sum(counts.values())):
            counts[commonest] = rest
        return counts

    def terms_in(self, section: str) -> Terms:
        """Return the dictionary of one section."""
        return self._terms[section]

    def remember(self, node: Word | Phrase | AnyPhrase, find: Callable[[], BitMap]) -> BitMap:
        """Return the node's documents, cached for recent nodes."""
        found = self._remembered.get(node)
        if found is None:
            found = find()
            # Without a lock, concurrent requests may drop one extra entry at most.
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered), node), None)
            self._remembered[node] = found
        return found

    def order_by(self, sort: str) -> SortOrder:
        """Return the documents in sort order, computed on first use."""
        if sort not in self._orders:
            self._orders[sort] = SortOrder(self._list_in_order(sort))
        return self._orders[sort]

    def describe(self, documents: BitMap) -> list[Candidate]:
        """Return what decides when a voice gets its turn in the suggested order."""
        columns = [self._read_values(facet, documents) for facet in ("gender", "provider")]
        return [
            Candidate(
                int(self.pks[document]),
                document not in self._sounding,
                self.names[document].decode(),
                self.languages[document].tobytes().rstrip(b"\0").decode(),
                *(values[document] for values in columns),
            )
            for document in documents
        ]

    def _read_values(self, facet: str, documents: BitMap) -> dict[int, str]:
        values = self.values_of(facet).items()
        return {document: value for value, having in values for document in having & documents}

    def created_in(self, node: Created) -> BitMap:
        """Return the documents that were created in this time."""
        fits = self.created >= (_FIRST_DATE if node.start is None else as_microseconds(node.start))
        if node.end is not None:
            fits &= self.created < as_microseconds(node.end)
        return as_bitmap(np.flatnonzero(fits).astype(np.uint32))

    def documents_of(self, pks: Numbers) -> BitMap:
        """Return the documents of these primary keys, as far as they are in this segment."""
        if not self.count or not len(pks):
            return BitMap()
        order = self._by_pk
        places = np.searchsorted(self.pks, pks, sorter=order)
        documents = order[np.minimum(places, self.count - 1)]
        return as_bitmap(documents[self.pks[documents] == pks])

    def key_of(self, document: int, sort: str) -> tuple[object, ...]:
        """Return the document's sort key, comparable across segments."""
        if sort == "shuffled":
            pk = int(self.pks[document])
            return (document not in self._sounding, shuffle_key(pk), pk)
        last = (self.names[document], int(self.pks[document]))
        if sort in {"newest", "oldest"}:
            created = int(self.created[document])
            return (created < _FIRST_DATE, created if sort == "oldest" else -created, *last)
        if sort == "language":
            language = self.languages[document].tobytes().rstrip(b"\0")
            return (language == b"unknown", language, *last)
        return last

    def keys_by(self, sort: str) -> list[tuple[object, ...]]:
        """Return the sort keys of all documents, cached; for small segments only."""
        if sort not in self._keys:
            self._keys[sort] = [self.key_of(document, sort) for document in range(self.count)]
        return self._keys[sort]

    @cached_property
    def _sounding(self) -> BitMap:
        return self.having("has", "preview") & self.having("is", "ready")

    @cached_property
    def _by_pk(self) -> Numbers:
        return np.argsort(self.pks, kind="stable").astype(np.uint32)

    def _list_in_order(self, sort: str) -> Numbers:
        by_name = self.order_by("name").places
        if sort == "language":
            is_unknown = np.char.equal(self.languages, b"unknown")
            return np.lexsort((by_name, self.languages, is_unknown)).astype(np.uint32)
        is_unknown = self.created < _FIRST_DATE
        dates = self.created if sort == "oldest" else -self.created
        return np.lexsort((by_name, dates, is_unknown)).astype(np.uint32)


def build_segment(rows: Iterable[IndexRow]) -> Segment:
    """Build a segment from rows sorted by name."""
    pks, names, created, languages = array("q"), [], array("q"), []
    values: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    words: list[dict[str, array[int]]] = [defaultdict(lambda: array("I")) for _ in _DICTIONARIES]
    for place, row in enumerate(rows):
        pks.append(row.pk)
        names.append(row.name.encode())
        created.append(row.created)
        languages.append(row.language.encode())
        for key in row.facets:
            values[key].append(place)
        for terms, line in zip(words, row.words, strict=False):
            for term in set(line.split()):
                terms[term].append(place)
        with contextlib.suppress(IndexError):
            words[-1][row.words[0].split(maxsplit=1)[0]].append(place)
    placed = {key: np.frombuffer(each, np.uint32) for key, each in values.items()}
    places = _number_documents(placed, len(pks))
    by_name = np.empty(len(places), dtype=np.uint32)
    by_name[places] = np.arange(len(places), dtype=np.uint32)
    numbers = np.frombuffer(pks, np.int64)[places]
    packed = Bitmaps.pack(as_runs(by_name[each]) for each in placed.values())
    keys = Texts.pack(f"{facet}{_SEPARATOR}{value}".encode() for facet, value in values)
    parts: dict[str, Numbers] = {
        "by_name": by_name,
        "by_shuffled": _shuffle(numbers, _find_silent(placed, len(pks))[places]),
        "pks": numbers,
        "created": np.frombuffer(created, np.int64)[places],
        "languages": np.array(languages, dtype="S20")[places],
        **_over("names", Texts.pack(names[place] for place in places).parts()),
        **_over("keys", keys.parts()),
        **_over("values", packed.parts()),
    }
    for name, terms in zip(_DICTIONARIES, words, strict=True):
        parts |= _over(name, Terms.build(terms, by_name).parts())
        terms.clear()
    return Segment(parts)


def _find_silent(values: Mapping[tuple[str, str], Numbers], count: int) -> Numbers:
    """Return whether nothing can be heard of a row now, by row."""
    missing = np.full(count, 2)
    for key in (("has", "preview"), ("is", "ready")):
        if key in values:
            missing[values[key]] -= 1
    return missing > 0


def _shuffle(pks: Numbers, is_silent: Numbers) -> Numbers:
    return np.lexsort((pks, shuffle_key(pks), is_silent)).astype(np.uint32)


def _number_documents(values: Mapping[tuple[str, str], Numbers], count: int) -> Numbers:
    """Return the row index of each document number."""
    columns = []
    for facet in _NUMBERED_BY:
        # For facets with several values, group by the most common value, then by the set of values.
        common, sets = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64)
        those = [places for (name, _), places in values.items() if name == facet]
        for number, places in enumerate(sorted(those, key=len), start=1):
            common[places] = number
            sets[places] = sets[places] * _PRIME + number
        columns += [common, sets]
    return np.lexsort(columns[::-1]).astype(np.uint32)


def _over(name: str, parts: Mapping[str, Numbers]) -> dict[str, Numbers]:
    return {f"{name}.{part}": numbers for part, numbers in parts.items()}


def _under(name: str, parts: Mapping[str, Numbers]) -> dict[str, Numbers]:
    start = f"{name}."
    return {
        part.removeprefix(start): numbers
        for part, numbers in parts.items()
        if part.startswith(start)
    }
