"""The same library voice of several accounts: of each, a list shows the first that it found."""

from collections.abc import Sequence

import numpy as np
from pyroaring import BitMap

from catalog.search.engines import TWIN
from catalog.search.index.arrays import Numbers, as_bitmap, as_numbers
from catalog.search.index.segments import Segment


class Twins:
    """The documents of such voices, sorted by voice and then by primary key."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        numbers = {value: n for n, value in enumerate(_list_values(segments))}
        parts = [_describe(place, segment, numbers) for place, segment in enumerate(segments)]
        rows = np.concatenate(parts) if parts else np.empty((0, 4), dtype=np.int64)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        self._voices, self._places, self._documents = rows[:, 0], rows[:, 2], rows[:, 3]
        self._shards = [self._index(place) for place in range(len(segments))]

    def __bool__(self) -> bool:
        return len(self._voices) > 0

    def drop_later(self, found: list[BitMap]) -> list[BitMap]:
        """Return the results with only the first document of each voice."""
        held = np.zeros(len(self._voices), dtype=bool)
        for documents, (mine, sorted_documents, rows) in zip(found, self._shards, strict=True):
            if common := documents & mine:
                held[rows[np.searchsorted(sorted_documents, as_numbers(common))]] = True
        rows = np.flatnonzero(held)
        voices = self._voices[rows]
        later = rows[1:][voices[1:] == voices[:-1]]
        if not len(later):
            return found
        return [
            documents - as_bitmap(self._documents[later[self._places[later] == place]])
            for place, documents in enumerate(found)
        ]

    def _index(self, place: int) -> tuple[BitMap, Numbers, Numbers]:
        """Return a shard's documents as a bitmap and sorted, and the row of each."""
        rows = np.flatnonzero(self._places == place)
        documents = self._documents[rows]
        order = np.argsort(documents)
        return as_bitmap(documents), documents[order], rows[order]


def _list_values(segments: Sequence[Segment]) -> list[str]:
    return sorted({value for segment in segments for value in segment.values_of(TWIN)})


def _describe(place: int, segment: Segment, numbers: dict[str, int]) -> Numbers:
    """Return a row for each document: voice, primary key, place of the shard, document."""
    parts = [np.empty((0, 4), dtype=np.int64)]
    for value, documents in segment.values_of(TWIN).items():
        those = as_numbers(documents).astype(np.int64)
        same = np.full(len(those), numbers[value])
        parts.append(np.column_stack((same, segment.pks[those], np.full(len(those), place), those)))
    return np.concatenate(parts)
