"""Loudness of a clip according to ITU-R BS.1770-5."""

import math

import numpy as np

_BLOCK_SECONDS, _STEP_SECONDS = 0.4, 0.1
_OFFSET = -0.691
_PART = 1 << 18
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0


def measure_loudness(wave: np.ndarray, rate: int) -> float | None:
    """Return the integrated loudness of mono audio in LUFS, None if nothing passes the gates."""
    block, step = round(_BLOCK_SECONDS * rate), round(_STEP_SECONDS * rate)
    if wave.size < block:
        return None
    weighted = _weight(wave, rate)
    windows = np.lib.stride_tricks.sliding_window_view(weighted**2, block)[::step]
    powers = windows.mean(axis=1)
    powers = powers[powers > _power(_ABSOLUTE_GATE)]
    if not powers.size:
        return None
    # Exclude pauses, or a slow speaker would count as quiet.
    gate = _loudness(float(powers.mean())) + _RELATIVE_GATE
    return round(_loudness(float(powers[powers > _power(gate)].mean())), 2)


def _weight(wave: np.ndarray, rate: int) -> np.ndarray:
    """Apply the two stages of K-weighting, which model the ear and the head.

    Only the power matters, so the filters are applied to the spectrum without their phase.
    """
    steps = np.exp(-2j * np.pi * np.arange(_PART // 2 + 1) / _PART)
    gain = np.ones(_PART // 2 + 1)
    for numerator, denominator in (_shelf(rate), _high_pass(rate)):
        gain *= np.abs(np.polyval(numerator[::-1], steps) / np.polyval(denominator[::-1], steps))
    # In chunks, because the spectrum of 10 minutes would fill a worker's memory.
    parts = [wave[start : start + _PART] for start in range(0, wave.size, _PART)]
    filtered = [np.fft.irfft(np.fft.rfft(part, _PART) * gain, _PART)[: part.size] for part in parts]
    return np.concatenate(filtered)


_Stage = tuple[list[float], list[float]]


def _shelf(rate: int) -> _Stage:
    # The standard gives coefficients for 48 kHz; these are the same filters for any rate.
    top = 10 ** (3.999843853973347 / 20)
    middle = top**0.4996667741545416
    slope = math.tan(math.pi * 1681.974450955533 / rate)
    width = slope / 0.7071752369554196
    scale = 1 + width + slope**2
    return (
        [
            (top + middle * width + slope**2) / scale,
            2 * (slope**2 - top) / scale,
            (top - middle * width + slope**2) / scale,
        ],
        [1.0, 2 * (slope**2 - 1) / scale, (1 - width + slope**2) / scale],
    )


def _high_pass(rate: int) -> _Stage:
    slope = math.tan(math.pi * 38.13547087602444 / rate)
    width = slope / 0.5003270373238773
    scale = 1 + width + slope**2
    return [1.0, -2.0, 1.0], [1.0, 2 * (slope**2 - 1) / scale, (1 - width + slope**2) / scale]


def _loudness(power: float) -> float:
    return _OFFSET + 10 * math.log10(power)


def _power(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))
