"""Voices numbered by name, with a bitmap for every value and for every word; never changed."""

import contextlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
from pyroaring import BitMap

from catalog.search.index.arrays import Bitmaps, Numbers, Texts, as_bitmap
from catalog.search.index.orders import SortOrder
from catalog.search.index.rows import IndexRow
from catalog.search.index.tallies import Tally, is_faster
from catalog.search.index.terms import Terms
from catalog.search.nodes import SECTIONS

# The sections, and the terms with which names begin.
_DICTIONARIES = (*SECTIONS, "start")
_NOTHING = BitMap()
_SEPARATOR = "\x1f"
_FIRST_DATE = -(2**61)


class Segment:
    """The parts are flat arrays, so that a process may read them from a file in place."""

    def __init__(self, parts: Mapping[str, Numbers]) -> None:
        self._parts = dict(parts)
        self.pks, self.created = parts["pks"], parts["created"]
        self.count = len(self.pks)
        self.everything = BitMap(range(self.count))
        self.names = Texts(parts["names.blob"], parts["names.ends"])
        self.languages = parts["languages"]
        self._places: dict[str, dict[str, BitMap]] = defaultdict(dict)
        keys = Texts(parts["keys.blob"], parts["keys.ends"])
        bitmaps = Bitmaps(Texts(parts["values.blob"], parts["values.ends"]))
        for place in range(len(keys)):
            facet, value = keys[place].decode().split(_SEPARATOR, 1)
            self._places[facet][value] = bitmaps[place]
        self._terms = {name: Terms.from_parts(_under(name, parts)) for name in _DICTIONARIES}
        self._orders: dict[str, SortOrder] = {}
        self._keys: dict[str, list[tuple[object, ...]]] = {}
        self._tallies: dict[str, Tally] = {}
        self.phrases: dict[object, BitMap] = {}

    def parts(self) -> dict[str, Numbers]:
        """Return what it is kept in, by name."""
        return self._parts

    def values_of(self, facet: str) -> dict[str, BitMap]:
        """Return the documents of every value of the facet."""
        return self._places.get(facet, {})

    def having(self, facet: str, value: str) -> BitMap:
        """Return the documents with this value; not to be changed."""
        return self.values_of(facet).get(value, _NOTHING)

    def count_values(self, facet: str, documents: BitMap) -> dict[str, int]:
        """Return how many of the documents have each value of the facet; none with 0."""
        values = self.values_of(facet)
        if not is_faster(values, documents, self.count):
            return {
                value: count
                for value, having in values.items()
                if (count := having.intersection_cardinality(documents))
            }
        if facet not in self._tallies:
            self._tallies[facet] = Tally(values, self.count)
        return self._tallies[facet].count(documents)

    def terms_in(self, section: str) -> Terms:
        """Return the dictionary of one section."""
        return self._terms[section]

    def order_by(self, sort: str) -> SortOrder:
        """Return the documents' order; made when it is first asked for."""
        if sort not in self._orders:
            self._orders[sort] = SortOrder(self._list_in_order(sort))
        return self._orders[sort]

    def documents_of(self, pks: Numbers) -> BitMap:
        """Return the documents of those of the primary keys that are here."""
        order, ordered = self._by_pk
        if not len(ordered) or not len(pks):
            return BitMap()
        places = np.minimum(np.searchsorted(ordered, pks), len(ordered) - 1)
        return as_bitmap(order[places[ordered[places] == pks]])

    def key_of(self, document: int, sort: str) -> tuple[object, ...]:
        """Return what the document is sorted by, comparable over segments."""
        last = (self.names[document], int(self.pks[document]))
        if sort in {"newest", "oldest"}:
            created = int(self.created[document])
            return (created < _FIRST_DATE, created if sort == "oldest" else -created, *last)
        if sort == "language":
            language = self.languages[document].tobytes().rstrip(b"\0")
            return (language == b"unknown", language, *last)
        return last

    def keys_by(self, sort: str) -> list[tuple[object, ...]]:
        """Return the keys of all documents, made once; of a small segment only."""
        if sort not in self._keys:
            self._keys[sort] = [self.key_of(document, sort) for document in range(self.count)]
        return self._keys[sort]

    @cached_property
    def _by_pk(self) -> tuple[Numbers, Numbers]:
        order = np.argsort(self.pks, kind="stable").astype(np.uint32)
        return order, self.pks[order]

    def _list_in_order(self, sort: str) -> Numbers:
        documents = np.arange(self.count)
        if sort == "language":
            known = np.char.equal(self.languages, b"unknown")
            return np.lexsort((documents, self.languages, known)).astype(np.uint32)
        is_unknown = self.created < _FIRST_DATE
        dates = self.created if sort == "oldest" else -self.created
        return np.lexsort((documents, dates, is_unknown)).astype(np.uint32)


def build_segment(rows: Iterable[IndexRow]) -> Segment:
    """Make a segment of rows that come by name: document numbers are their places."""
    pks, names, created, languages = array("q"), [], array("q"), []
    values: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    words: list[dict[str, array[int]]] = [defaultdict(lambda: array("I")) for _ in _DICTIONARIES]
    for document, row in enumerate(rows):
        pks.append(row.pk)
        names.append(row.name.encode())
        created.append(row.created)
        languages.append(row.language.encode())
        for key in row.facets:
            values[key].append(document)
        for terms, line in zip(words, row.words, strict=False):
            for term in set(line.split()):
                terms[term].append(document)
        with contextlib.suppress(IndexError):
            words[-1][row.words[0].split(maxsplit=1)[0]].append(document)
    packed = Bitmaps.pack(as_bitmap(np.frombuffer(each, np.uint32)) for each in values.values())
    keys = Texts.pack(f"{facet}{_SEPARATOR}{value}".encode() for facet, value in values)
    parts: dict[str, Numbers] = {
        "pks": np.frombuffer(pks, np.int64),
        "created": np.frombuffer(created, np.int64),
        "languages": np.array(languages, dtype="S20"),
        **_over("names", Texts.pack(names).parts()),
        **_over("keys", keys.parts()),
        **_over("values", packed.parts()),
    }
    for name, terms in zip(_DICTIONARIES, words, strict=True):
        parts |= _over(name, Terms.build(terms).parts())
        terms.clear()
    return Segment(parts)


def _over(name: str, parts: Mapping[str, Numbers]) -> dict[str, Numbers]:
    return {f"{name}.{part}": numbers for part, numbers in parts.items()}


def _under(name: str, parts: Mapping[str, Numbers]) -> dict[str, Numbers]:
    start = f"{name}."
    return {
        part.removeprefix(start): numbers
        for part, numbers in parts.items()
        if part.startswith(start)
    }
