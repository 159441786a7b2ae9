"""Orders beside that by name, in blocks, so that any page of any result is found at once."""

from functools import cached_property

import numpy as np
from pyroaring import BitMap

from catalog.search.index.arrays import Numbers, as_bitmap, as_numbers

_BLOCK = 8192


class SortOrder:
    """All documents in one order, and a bitmap of each block of it."""

    def __init__(self, documents: Numbers) -> None:
        self.documents = documents

    @cached_property
    def _blocks(self) -> list[BitMap]:
        starts = range(0, len(self.documents), _BLOCK)
        return [as_bitmap(self.documents[start : start + _BLOCK]) for start in starts]

    @cached_property
    def _places(self) -> Numbers:
        places = np.empty(len(self.documents), dtype=np.uint32)
        places[self.documents] = np.arange(len(self.documents), dtype=np.uint32)
        return places

    def pick(self, found: BitMap, start: int, stop: int) -> list[int]:
        """Return those of the found documents that stand from one place to before another."""
        picked: list[int] = []
        passed = 0
        for block in self._blocks:
            if passed >= stop:
                break
            count = block.intersection_cardinality(found)
            if passed + count > start:
                places = np.sort(self._places[as_numbers(block & found)])
                first, last = max(0, start - passed), stop - passed
                picked += self.documents[places[first:last]].tolist()
            passed += count
        return picked
