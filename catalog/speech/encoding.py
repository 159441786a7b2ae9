"""Samples to a file that every browser plays."""

import importlib
import io
from typing import Any

import numpy as np

from catalog.speech.engine import Samples

_BITS_PER_SECOND = 64_000


def to_mp3(samples: Samples, rate: int) -> bytes:
    """Encode mono samples as MP3."""
    # Loaded here: whoever only lists the voices needs none of FFmpeg.
    av: Any = importlib.import_module("av")
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples, np.float32)[None, :], format="fltp", layout="mono"
    )
    frame.sample_rate = rate
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=rate)
        stream.layout, stream.bit_rate = "mono", _BITS_PER_SECOND
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate, frame_size=1152)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return file.getvalue()
