"""Real sound in every format that we take, made on the spot."""

import io
from collections.abc import Callable

import av
import numpy as np

_CODECS = {
    "wav": ("wav", "pcm_s16le", 16_000),
    "flac": ("flac", "flac", 16_000),
    "mp3": ("mp3", "mp3", 44_100),
    "ogg": ("ogg", "libopus", 48_000),
    "m4a": ("ipod", "aac", 44_100),
    "webm": ("webm", "libopus", 48_000),
}


def hum(moments: np.ndarray) -> np.ndarray:
    """Return a tone whose loudness swells, at the given seconds."""
    return 0.5 * np.sin(2 * np.pi * 180 * moments) * (0.6 + 0.4 * np.sin(2 * np.pi * moments))


def encode_sound(
    slug: str, seconds: float = 2.0, wave: Callable[[np.ndarray], np.ndarray] = hum
) -> bytes:
    """Return a file of the format, mono, with the wave as its sound."""
    container_name, codec, rate = _CODECS[slug]
    samples = wave(np.arange(int(seconds * rate)) / rate).astype(np.float32)
    file = io.BytesIO()
    with av.open(file, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for piece in resampler.resample(frame):
            fifo.write(piece)
        size = stream.codec_context.frame_size or 1024
        while chunk := fifo.read(size, partial=True):
            container.mux(stream.encode(chunk))
        container.mux(stream.encode(None))
    return file.getvalue()
