"""Find pairs of voices that sound the same."""

import numpy as np
from numpy.typing import NDArray

from catalog.audio.embeddings.nearest_neighbors import Packed

# The same clip in another format scores at least 0.98, and different voices at most 0.95;
# see BENCHMARKS.md.
SAME_SOUND = 0.97
_ROWS, _COLUMNS = 512, 2_048


def find_same_sounds(
    vectors: Packed, fresh: NDArray[np.intp], least: float = SAME_SOUND
) -> dict[tuple[int, int], float]:
    """Return pairs of rows whose cosine similarity is at least ``least``, with it.

    At least one row of each pair is in ``fresh``: all others were compared before.
    """
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(vectors) if fresh.size else 0, _COLUMNS):
        # In parts, because half precision has to be converted, which all at once needs memory.
        right = vectors[start : start + _COLUMNS].astype(np.float32).T
        for at in range(0, fresh.size, _ROWS):
            rows = fresh[at : at + _ROWS]
            scores = vectors[rows].astype(np.float32) @ right
            for row, column in zip(*np.nonzero(scores >= least), strict=True):
                low, high = sorted((int(rows[row]), int(start + column)))
                if low < high:
                    found[low, high] = float(scores[row, column])
    return found
