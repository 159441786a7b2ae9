"""Samples of sound in memory: one channel, 16 kHz, values that can be sound."""

import av
import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave

RATE = 16_000
# Decoded sound is turned down to 1; a resampler may overshoot a little.
LOUDEST = 4.0


class NotAWave(ValueError):
    """These numbers are not sound; the message says why in words."""


def check_wave(wave: Wave, rate: int = RATE) -> Wave:
    """Return the wave at 16 kHz, once it is known to be sound; raises NotAWave."""
    found = check_values(wave)
    return found if rate == RATE else resample(found, rate, RATE)


def check_values(wave: Wave) -> Wave:
    """Return the wave as it is, once it is known to be sound; raises NotAWave."""
    found = np.ascontiguousarray(wave, dtype=np.float32)
    if found.ndim != 1 or not found.size:
        raise NotAWave("There is no sound in this recording.")
    if not np.isfinite(found).all() or float(np.abs(found).max()) > LOUDEST:
        raise NotAWave("This recording holds values that are not sound.")
    return found


def resample(wave: Wave, rate: int, wanted: int) -> Wave:
    """Return the wave at another rate."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(wave[None], format="flt", layout="mono")
    frame.sample_rate = rate
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces])
