"""Encode audio in a format that every browser plays."""

import importlib
import io
from typing import Any

import numpy as np

from catalog.audio.tts.engine import Samples

_BITS_PER_SECOND = 64_000
# The sample rates of MP3: https://datatracker.ietf.org/doc/html/rfc3003, ISO/IEC 11172-3, 13818-3.
_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


def to_mp3(samples: Samples, rate: int, *, bits_per_second: int = _BITS_PER_SECOND) -> bytes:
    """Encode mono audio as MP3, at its rate or the next higher one of MP3."""
    # Imported here, because listing voices doesn't need FFmpeg.
    av: Any = importlib.import_module("av")
    held = next((each for each in _RATES if each >= rate), _RATES[-1])
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=held)
        stream.layout, stream.bit_rate = "mono", bits_per_second
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=held, frame_size=1152)
        # In chunks, because a long recording would take 3 times its memory.
        for start in range(0, len(samples), rate):
            part = np.ascontiguousarray(samples[start : start + rate], np.float32)
            frame = av.AudioFrame.from_ndarray(part[None, :], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, start
            for piece in resampler.resample(frame):
                target.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            target.mux(stream.encode(piece))
        target.mux(stream.encode(None))
    return file.getvalue()
