"""Waveforms in memory: one channel, 16 kHz, with plausible values."""

from typing import TYPE_CHECKING

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.core.lazy_modules import LazyModule

if TYPE_CHECKING:
    import av
else:
    av = LazyModule("av")

RATE = 16_000
# Decoded audio is limited to 1; resampling may overshoot a little.
LOUDEST = 4.0


class NotAWave(ValueError):
    """These numbers are not audio; the message says why."""


def check_wave(wave: Wave, rate: int = RATE) -> Wave:
    """Return the waveform at 16 kHz after validation; raises NotAWave."""
    found = check_values(wave)
    return found if rate == RATE else resample(found, rate, RATE)


def check_values(wave: Wave) -> Wave:
    """Return the waveform unchanged after validation; raises NotAWave."""
    found = np.ascontiguousarray(wave, dtype=np.float32)
    if found.ndim != 1 or not found.size:
        raise NotAWave("This recording contains no audio.")
    if not np.isfinite(found).all() or float(np.abs(found).max()) > LOUDEST:
        raise NotAWave("This recording contains invalid audio data.")
    return found


def resample(wave: Wave, rate: int, wanted: int) -> Wave:
    """Return the waveform at another sample rate."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(wave[None], format="flt", layout="mono")
    frame.sample_rate = rate
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces])
