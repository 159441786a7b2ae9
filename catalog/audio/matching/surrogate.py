"""Estimates how a blend would sound, based on blends synthesized before.

A Gaussian process from places to features: an estimate takes microseconds, while synthesis takes
a second or more, and it knows how far it is from known places.
"""

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.matching.features import score

# Chosen by cross-validation on the table: how far similarity reaches, in typical distances between
# voices; how much of it is linear; and how much one sentence differs from another.
_REACH = 1.0
_CURVED, _STRAIGHT, _CONSTANT = 2.0, 2.0, 0.5
_NOISE = 0.1


class Surrogate:
    """Learns from places and features; estimates the similarity of any place to a target."""

    def __init__(self, places: Wave, heard: Wave, target: Wave) -> None:
        self._places, self._target = places, target
        self._mean = heard.mean(axis=0)
        among = _likeness(places, places) + _NOISE * np.eye(len(places), dtype=np.float32)
        self._inverse = np.linalg.inv(among)
        self._pull = self._inverse @ (heard - self._mean)

    def guess(self, places: Wave) -> Wave:
        """Return the estimated similarity to the target for each place."""
        found = _likeness(places, self._places) @ self._pull + self._mean
        return score(found, self._target)

    def doubt(self, places: Wave) -> Wave:
        """Return the uncertainty at each place; 0 is certain."""
        likeness = _likeness(places, self._places)
        own = _CURVED + _CONSTANT + _STRAIGHT * np.square(places).sum(axis=1)
        left = own - np.sum((likeness @ self._inverse) * likeness, axis=1)
        return np.asarray(np.sqrt(np.maximum(left, 0)), np.float32)


def _likeness(places: Wave, others: Wave) -> Wave:
    products = places @ others.T
    distances = (
        np.square(places).sum(axis=1)[:, None] + np.square(others).sum(axis=1) - 2 * products
    )
    curved = np.exp(-np.maximum(distances, 0) / (2 * _REACH**2))
    return np.asarray(_CURVED * curved + _STRAIGHT * products + _CONSTANT, np.float32)
