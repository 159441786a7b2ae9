"""Sort orders of documents in blocks, to find any page of any result quickly."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from pyroaring import BitMap

from catalog.search.index.arrays import Numbers, as_bitmap, as_numbers

# Documents per block, and blocks per pile; whole piles can be skipped.
_BLOCK = 8192
_PILE = 16
# Smaller results are sorted directly.
_FEW = 4096


class SortOrder:
    """All documents in one order, with a bitmap for each block."""

    def __init__(self, documents: Numbers) -> None:
        self.documents = documents

    @cached_property
    def places(self) -> Numbers:
        """Return the position of every document in the order."""
        places = np.empty(len(self.documents), dtype=np.uint32)
        places[self.documents] = np.arange(len(self.documents), dtype=np.uint32)
        return places

    @cached_property
    def _blocks(self) -> list[BitMap]:
        starts = range(0, len(self.documents), _BLOCK)
        return [as_bitmap(self.documents[start : start + _BLOCK]) for start in starts]

    @cached_property
    def _piles(self) -> list[BitMap]:
        starts = range(0, len(self._blocks), _PILE)
        return [BitMap.union(*self._blocks[start : start + _PILE]) for start in starts]

    def pick(self, found: BitMap, start: int, stop: int) -> list[int]:
        """Return the found documents from position ``start`` to before ``stop``."""
        if len(found) <= _FEW:
            return self._sort(found, start, stop)
        picked: list[int] = []
        for passed, block in self._list_passed(found, start):
            if passed >= stop:
                break
            picked += self._sort(block, max(0, start - passed), stop - passed)
        return picked

    def _list_passed(self, found: BitMap, start: int) -> Iterator[tuple[int, BitMap]]:
        """Yield the number of skipped results, and each block's results from ``start`` on."""
        passed = 0
        for number, pile in enumerate(self._piles):
            count = pile.intersection_cardinality(found)
            if passed + count <= start:
                passed += count
                continue
            for block in self._blocks[number * _PILE : (number + 1) * _PILE]:
                common = block & found
                if passed + len(common) > start:
                    yield passed, common
                passed += len(common)

    def _sort(self, documents: BitMap, start: int, stop: int) -> list[int]:
        places = np.sort(self.places[as_numbers(documents)])[start:stop]
        return list(self.documents[places].tolist())
