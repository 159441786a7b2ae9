"""Mel spectrograms as used to train the speaker encoders."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]

# The mel scale of Malcolm Slaney's toolbox: linear up to 1 kHz, logarithmic above.
_HERTZ_PER_MEL = 200 / 3
_KNEE_HERTZ = 1000.0
_KNEE_MEL = _KNEE_HERTZ / _HERTZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def _to_mel(hertz: float) -> float:
    if hertz < _KNEE_HERTZ:
        return hertz / _HERTZ_PER_MEL
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HERTZ) / _LOG_STEP)


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _KNEE_HERTZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel >= _KNEE_MEL, above, mel * _HERTZ_PER_MEL)


@cache
def mel_filters(rate: int, frame: int, bands: int) -> Wave:
    """Return triangular filters of equal area, one column per band, for the bins of a frame."""
    bins = np.linspace(0, rate / 2, frame // 2 + 1)
    edges = _to_hertz(np.linspace(0, _to_mel(rate / 2), bands + 2))
    widths = np.diff(edges)
    slopes = edges[:, None] - bins[None]
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    filters *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return filters.T.astype(np.float32)


def power_frames(wave: Wave, window: Wave, hop: int) -> Wave:
    """Return the power spectrum of each complete frame of the waveform."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, window.size)[::hop]
    spectrum = np.fft.rfft(frames * window, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


_KALDI_BANDS, _KALDI_LOWEST = 80, 20.0
_KALDI_BINS = 512
_PREEMPHASIS = 0.97
_LEAST_POWER = 1.2e-7


def kaldi_bands(wave: Wave, frame: int, hop: int) -> Wave:
    """Return Kaldi's log mel bands of a 16 kHz waveform, one row per frame."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, frame)[::hop]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    # Povey's window: a Hann window that doesn't quite reach zero.
    window = np.hanning(frame) ** 0.85
    spectrum = np.fft.rfft((frames - _PREEMPHASIS * before) * window, _KALDI_BINS, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    bands = np.log(np.maximum(power @ _kaldi_filters(), _LEAST_POWER))
    return np.asarray(bands, np.float32)


@cache
def _kaldi_filters() -> Wave:
    """Return triangular filters of equal height and equal width on O'Shaughnessy's mel scale."""
    bins = 1127 * np.log(1 + np.linspace(0, 8000, _KALDI_BINS // 2 + 1) / 700)
    lowest = 1127 * np.log(1 + _KALDI_LOWEST / 700)
    edges = np.linspace(lowest, bins[-1], _KALDI_BANDS + 2)
    width = edges[1] - edges[0]
    away = np.abs(bins[:, None] - edges[None, 1:-1]) / width
    return np.asarray(np.maximum(0, 1 - away), np.float32)
