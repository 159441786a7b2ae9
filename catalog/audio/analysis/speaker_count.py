"""Detect a second speaker by clustering pieces of speech into two groups."""

import numpy as np

from catalog.audio.embeddings.encoders import ge2e, point
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE

_PIECE, _STEP = 2 * RATE, RATE
_LEAST_PIECES = 6
_APART = 0.78
_ROUNDS = 10


def find_second_speaker(speech: Wave) -> float:
    """Return the share of a 16 kHz waveform that seems to be a second speaker's, 0 for none."""
    starts = list(range(0, speech.size - _PIECE + 1, _STEP))
    if len(starts) < _LEAST_PIECES:
        return 0.0
    heard = ge2e().embed_each(speech, starts, _PIECE)
    likeness = heard @ heard.T
    first, second = np.unravel_index(likeness.argmin(), likeness.shape)
    middles = heard[[first, second]]
    nearest = np.zeros(len(heard), int)
    for _ in range(_ROUNDS):
        nearest = (heard @ middles.T).argmax(axis=1)
        if nearest.all() or not nearest.any():
            return 0.0
        middles = point(np.stack([heard[nearest == each].mean(axis=0) for each in (0, 1)]))
    if float(middles[0] @ middles[1]) >= _APART:
        return 0.0
    return float(min(nearest.mean(), 1 - nearest.mean()))
