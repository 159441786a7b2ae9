"""A guess at what would be heard of a blend, from those that were spoken already.

A Gaussian process from places to impressions: a guess costs microseconds where speaking costs a
second and more, and it knows how far it is from anything that was heard.
"""

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.matching.features import score

# By cross-validation over the table: how far likeness reaches, in typical distances between
# voices; how much of it is a straight line; how much one spoken sentence differs from another.
_REACH = 1.0
_CURVED, _STRAIGHT, _CONSTANT = 2.0, 2.0, 0.5
_NOISE = 0.1


class Surrogate:
    """Learns from places and impressions; guesses how near any place comes to a target."""

    def __init__(self, places: Wave, heard: Wave, target: Wave) -> None:
        self._places, self._target = places, target
        self._mean = heard.mean(axis=0)
        among = _likeness(places, places) + _NOISE * np.eye(len(places), dtype=np.float32)
        self._inverse = np.linalg.inv(among)
        self._pull = self._inverse @ (heard - self._mean)

    def guess(self, places: Wave) -> Wave:
        """Return the similarity to the target that each place would have."""
        found = _likeness(places, self._places) @ self._pull + self._mean
        return score(found, self._target)

    def doubt(self, places: Wave) -> Wave:
        """Return how little is known about each place, from 0."""
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
