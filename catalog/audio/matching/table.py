"""What is heard of blends that were spoken once and for all; every match starts here."""

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

    A blend is a sum of the stock voices by ``weights`` that add up to 1. ``places`` says where the
    stock voices lie on the axes in which they differ, so that near places sound alike. ``heard``
    is the impression of each row.
    """

    names: tuple[str, ...]
    places: Weights
    weights: Weights
    heard: Weights

    def place_of(self, weights: Weights) -> Weights:
        """Return where blends lie, one row each."""
        return weights @ self.places

    def weights_of(self, place: Weights) -> Weights:
        """Return the smallest weights, adding up to 1, that give this place."""
        count = len(self.names)
        found = place @ np.linalg.pinv(self.places)
        return np.asarray(found + (1 - found.sum()) / count, np.float32)


@cache
def load_table() -> BlendTable:
    """Return the table that was vendored; raises WrongWeights."""
    with np.load(io.BytesIO(read_checked(FILE, SHA256)), allow_pickle=False) as stored:
        numbers = {name: stored[name].astype(np.float32) for name in stored if name != "names"}
        return BlendTable(names=tuple(str(name) for name in stored["names"]), **numbers)
