"""Count the values of some documents by looking at each of them.

A bitmap for each value is faster where values are few or documents are many; a look at each
document is where a facet has many values, and what was found is thinly spread over a large index.
"""

from collections.abc import Mapping

import numpy as np
from pyroaring import BitMap

from catalog.search.index.arrays import Numbers, as_numbers

# A byte or two for each document of the index; what has still more values is counted by bitmaps.
_MOST_COLUMNS = 3
_FEWEST_VALUES = 16
_SMALLEST_INDEX = 200_000
# From here on, bitmaps of what was found are packed so that they are compared by the word.
_THINLY = 1 / 16


class Tally:
    """A facet as columns of numbers: the first value of each document, the second, the third."""

    def __init__(self, values: Mapping[str, BitMap], count: int) -> None:
        self._columns: list[tuple[BitMap, Numbers]] = []
        self._rest = dict(values)
        self._values = sorted(values, key=lambda value: -len(values[value]))
        while self._rest and len(self._columns) < _MOST_COLUMNS:
            self._columns.append(self._take_column(count))

    def _take_column(self, count: int) -> tuple[BitMap, Numbers]:
        """Put what is left of the values into a column; what finds its place taken is left."""
        column = np.zeros(count, dtype=np.min_scalar_type(len(self._values)))
        taken, left = BitMap(), {}
        for number, value in enumerate(self._values, start=1):
            documents = self._rest.get(value, BitMap())
            column[as_numbers(documents - taken)] = number
            if again := documents & taken:
                left[value] = again
            taken |= documents
        self._rest = left
        return taken, column

    def count(self, documents: BitMap) -> dict[str, int]:
        """Return how many of the documents have each value; none with 0."""
        totals = np.zeros(len(self._values) + 1, dtype=np.int64)
        for having, column in self._columns:
            numbers = column[as_numbers(documents & having)]
            totals += np.bincount(numbers, minlength=len(totals))
        counts = dict(zip(self._values, totals[1:].tolist(), strict=True))
        for value, having in self._rest.items():
            counts[value] += having.intersection_cardinality(documents)
        return {value: number for value, number in counts.items() if number}


def is_faster(values: Mapping[str, BitMap], documents: BitMap, count: int) -> bool:
    """Tell whether a look at each document is faster than a bitmap for each value."""
    if count < _SMALLEST_INDEX or len(values) < _FEWEST_VALUES:
        return False
    return len(documents) < count * _THINLY
