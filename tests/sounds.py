"""Real sound in every format that we take, made on the spot."""

import functools
import io
from collections.abc import Callable

import av
import numpy as np

# What FFmpeg calls the container and the codec, the rate, and options of the container.
_CODECS: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "wav": ("wav", "pcm_s16le", 16_000, {}),
    "flac": ("flac", "flac", 16_000, {}),
    "mp3": ("mp3", "mp3", 44_100, {}),
    "ogg": ("ogg", "libopus", 48_000, {}),
    "m4a": ("ipod", "aac", 44_100, {}),
    "webm": ("webm", "libopus", 48_000, {}),
    "rf64": ("wav", "pcm_s16le", 16_000, {"rf64": "always"}),
    "mov": ("mov", "aac", 48_000, {}),
    "3gp": ("3gp", "libopencore_amrnb", 8_000, {}),
    "aac": ("adts", "aac", 44_100, {}),
    "latm": ("latm", "aac", 44_100, {}),
    "aiff": ("aiff", "pcm_s16be", 16_000, {}),
    "caf": ("caf", "alac", 16_000, {}),
    "amr": ("amr", "libopencore_amrnb", 8_000, {}),
    "wma": ("asf", "wmav2", 44_100, {}),
    "w64": ("w64", "pcm_s16le", 16_000, {}),
    "au": ("au", "pcm_mulaw", 8_000, {}),
    "wv": ("wv", "wavpack", 16_000, {}),
    "tta": ("tta", "tta", 16_000, {}),
    "voc": ("voc", "pcm_s16le", 16_000, {}),
    "ac3": ("ac3", "ac3", 48_000, {}),
    "eac3": ("eac3", "eac3", 48_000, {}),
    "avi": ("avi", "mp3", 44_100, {}),
    "flv": ("flv", "aac", 44_100, {}),
    "ts": ("mpegts", "aac", 44_100, {}),
    "mpg": ("mpeg", "mp2", 44_100, {}),
}
# For the others FFmpeg has no encoder; some lie in tests/recordings.
MADE_FORMATS = tuple(_CODECS)
COMMON_FORMATS = ("wav", "flac", "mp3", "ogg", "m4a", "webm")


def hum(moments: np.ndarray) -> np.ndarray:
    """Return a tone whose loudness swells, at the given seconds."""
    return 0.5 * np.sin(2 * np.pi * 180 * moments) * (0.6 + 0.4 * np.sin(2 * np.pi * moments))


def speak(moments: np.ndarray, pitch: float = 180.0, start: float = 0.0) -> np.ndarray:
    """Return what has the rhythm of speech: syllables of many overtones with pauses between."""
    tone = sum(np.sin(2 * np.pi * pitch * n * moments) / n for n in range(1, 9))
    syllables = np.maximum(0, np.sin(2 * np.pi * 4 * (moments - start)))
    phrases = np.sin(2 * np.pi * 0.5 * (moments - start)) > 0
    return 0.25 * tone * syllables * phrases


@functools.cache
def encode_sound(
    slug: str, seconds: float = 2.0, wave: Callable[[np.ndarray], np.ndarray] = hum
) -> bytes:
    """Return a file of the format, mono, with the wave as its sound."""
    container, codec, rate, options = _CODECS[slug]
    samples = wave(np.arange(int(seconds * rate)) / rate)
    return encode_values(samples, container, codec, rate, options=options)


def encode_values(
    values: np.ndarray,
    container: str,
    codec: str,
    rate: int,
    *,
    layout: str = "mono",
    options: dict[str, str] | None = None,
) -> bytes:
    """Return a file with the values as its sound, a row of them for each moment."""
    file = io.BytesIO()
    packed = np.ascontiguousarray(values, np.float32).reshape(1, -1)
    with av.open(file, "w", format=container, options=options or {}) as target:
        stream = target.add_stream(codec, rate=rate, layout=layout)
        if codec == "wmav2":
            stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        for piece in resampler.resample(frame):
            fifo.write(piece)
        size = stream.codec_context.frame_size or 1024
        while chunk := fifo.read(size, partial=True):
            target.mux(stream.encode(chunk))
        target.mux(stream.encode(None))
    return file.getvalue()
