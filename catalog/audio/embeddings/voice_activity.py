"""Find speech by level alone: fast, and good enough to remove pauses."""

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE

_FRAME = RATE // 50
# Relative to loud frames: pauses in a clean recording are quieter, soft consonants aren't.
_BELOW_LOUD = 10 ** (-32 / 20)
_KEPT_AROUND = 5
_LEAST_SECONDS = 1.0


def keep_speech(wave: Wave) -> Wave:
    """Return a 16 kHz waveform without pauses, or all of it if little would remain."""
    frames = wave[: wave.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    if len(frames) < 2 * _KEPT_AROUND:
        return wave
    levels = np.sqrt(np.mean(np.square(frames), axis=1, dtype=np.float64))
    loud = float(np.percentile(levels, 95))
    is_kept = levels > max(loud * _BELOW_LOUD, 1e-5)
    spread = np.ones(2 * _KEPT_AROUND + 1)
    is_kept = np.convolve(is_kept, spread, mode="same") > 0
    kept = frames[is_kept].reshape(-1)
    return kept if kept.size >= _LEAST_SECONDS * RATE else wave
