"""Precomputed features of blends, from which every match starts."""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.audio.embeddings.model_files import read_checked

FILE = Path(__file__).with_name("table.npz")
SHA256 = "95d58fd48ab05627cce49f3abf3f77460dc12bbed3344dfe86c210672ab5a0cd"

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class BlendTable:
    """Stock voices first, then blends.

    A blend is a sum of the stock voices with ``weights`` that add up to 1. ``places`` holds the
    coordinates of the stock voices, in which similar voices are close. ``heard`` holds the features
    of each row.
    """

    names: tuple[str, ...]
    places: Weights
    weights: Weights
    heard: Weights

    def place_of(self, weights: Weights) -> Weights:
        """Return the coordinates of blends, one row each."""
        return weights @ self.places

    def weights_of(self, place: Weights) -> Weights:
        """Return the smallest weights that add up to 1 and result in this place."""
        count = len(self.names)
        found = place @ np.linalg.pinv(self.places)
        return np.asarray(found + (1 - found.sum()) / count, np.float32)


@cache
def load_table() -> BlendTable:
    """Return the vendored table; raises WrongWeights."""
    with np.load(io.BytesIO(read_checked(FILE, SHA256)), allow_pickle=False) as stored:
        numbers = {name: stored[name].astype(np.float32) for name in stored if name != "names"}
        return BlendTable(names=tuple(str(name) for name in stored["names"]), **numbers)
