"""The sorted terms of one section of voices, and the documents that contain them."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

import numpy as np
from pyroaring import BitMap

from catalog.search.index.arrays import Bitmaps, Numbers, Texts, as_bitmap, as_runs

# Terms in more documents than this have their own bitmap. The others, ids and most names, share one
# long array, in which each prefix is a contiguous range.
_FREQUENT = 64
_AFTER_ALL = b"\xf5"  # never occurs in UTF-8


class Terms:
    """A sorted dictionary of terms, in which every prefix is a contiguous range."""

    def __init__(
        self, terms: Texts, rare: Numbers, rare_ends: Numbers, often: Numbers, bitmaps: Bitmaps
    ) -> None:
        self._terms, self._rare, self._rare_ends = terms, rare, rare_ends
        self._often, self._bitmaps = often, bitmaps

    @classmethod
    def build(cls, places: Mapping[str, Iterable[int]], documents: Numbers) -> "Terms":
        """Build the dictionary from the rows of each term, and the document of each row."""
        rare, ends, often, bitmaps = [], [], [], []
        end = 0
        terms = sorted(places)
        for number, term in enumerate(terms):
            here = np.fromiter(places[term], dtype=np.uint32)
            if len(here) > _FREQUENT:
                often.append(number)
                bitmaps.append(as_runs(documents[here]))
            else:
                rare.append(here)
                end += len(here)
            ends.append(end)
        flat = np.concatenate(rare) if rare else np.empty(0, dtype=np.uint32)
        return cls(
            Texts.pack(term.encode() for term in terms),
            documents[flat],
            np.array(ends, dtype=np.int64),
            np.array(often, dtype=np.int64),
            Bitmaps.pack(bitmaps),
        )

    def beginning_with(self, start: str) -> BitMap:
        """Return the documents with a term that starts with this; don't modify the result."""
        encoded = start.encode()
        first = bisect_left(self._terms, encoded)
        after = bisect_left(self._terms, encoded + _AFTER_ALL, lo=first)
        return self._in_range(first, after)

    def exactly(self, term: str) -> BitMap:
        """Return the documents with exactly this term."""
        encoded = term.encode()
        place = bisect_left(self._terms, encoded)
        is_known = place < len(self._terms) and self._terms[place] == encoded
        return self._in_range(place, place + 1) if is_known else BitMap()

    def _in_range(self, first: int, after: int) -> BitMap:
        if first >= after:
            return BitMap()
        start = int(self._rare_ends[first - 1]) if first else 0
        rare = self._rare[start : int(self._rare_ends[after - 1])]
        from_often, to_often = np.searchsorted(self._often, [first, after])
        often = [self._bitmaps[place] for place in range(int(from_often), int(to_often))]
        if len(often) == 1 and not len(rare):
            return often[0]
        return BitMap.union(as_bitmap(rare), *often)

    def parts(self) -> dict[str, Numbers]:
        """Return the underlying arrays by name."""
        parts = {f"terms.{name}": part for name, part in self._terms.parts().items()}
        parts |= {f"bitmaps.{name}": part for name, part in self._bitmaps.parts().items()}
        return {**parts, "rare": self._rare, "rare_ends": self._rare_ends, "often": self._often}

    @classmethod
    def from_parts(cls, parts: Mapping[str, Numbers]) -> "Terms":
        """Restore the dictionary from its arrays."""
        return cls(
            Texts(parts["terms.blob"], parts["terms.ends"]),
            parts["rare"],
            parts["rare_ends"],
            parts["often"],
            Bitmaps(Texts(parts["bitmaps.blob"], parts["bitmaps.ends"])),
        )
