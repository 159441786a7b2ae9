"""The pitch of a voice."""

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE

_FRAME, _HOP = RATE // 25, RATE // 100
_LOWEST, _HIGHEST = 65, 400
_VOICED = 0.6
_NEARLY = 0.85
_QUIET = 0.02
_UNVOICED_PITCH = 160.0


def median_pitch(wave: Wave) -> float:
    """Return the median pitch of the voice in octaves (log2 of Hz), by autocorrelation.

    Without a detectable pitch, returns a value between typical male and female voices.
    """
    if wave.size < _FRAME:
        return float(np.log2(_UNVOICED_PITCH))
    window = np.hanning(_FRAME).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(wave, _FRAME)[::_HOP]
    frames = (frames - frames.mean(axis=1, keepdims=True)) * window
    longest, shortest = RATE // _LOWEST, RATE // _HIGHEST
    likeness = _correlate(frames)[:, : longest + 1]
    power = np.maximum(likeness[:, :1], 1e-9)
    # Compensate for the window, which lowers the correlation at long delays.
    fairly = (
        likeness / power / (_correlate(window[None])[:, : longest + 1] / np.square(window).sum())
    )
    inside = fairly[:, shortest:-1]
    best = inside.max(axis=1)
    # Two periods correlate as well as one, so choose the shortest delay that is nearly the best.
    is_peak = (inside >= fairly[:, shortest - 1 : -2]) & (inside >= fairly[:, shortest + 1 :])
    delays = (is_peak & (inside >= _NEARLY * best[:, None])).argmax(axis=1) + shortest
    is_voiced = best > _VOICED
    is_voiced &= power[:, 0] > _QUIET * np.percentile(power, 95)
    if not is_voiced.any():
        return float(np.log2(_UNVOICED_PITCH))
    return float(np.median(np.log2(RATE / delays[is_voiced])))


def _correlate(frames: Wave) -> Wave:
    spectrum = np.fft.rfft(frames, 2 * _FRAME, axis=1)
    return np.asarray(np.fft.irfft(np.square(np.abs(spectrum)), axis=1), np.float32)
