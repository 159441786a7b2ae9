"""Decode sound, in the worker only: how long it is, whether it is sound, and its waveform."""

import io
import math
from dataclasses import dataclass

import av
import numpy as np

from catalog.audio import AudioFormat

PEAK_COUNT = 64
_RATE = 16_000


class NotDecodable(Exception):
    """The file is not whole or not sound; the message says it in words."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What decoding showed: seconds, and 64 peaks from 0 to 100 over the whole length."""

    seconds: float
    peaks: list[int]
    loudest: float


def measure_audio(content: bytes, found: AudioFormat, *, max_seconds: float) -> Measured:
    """Decode the content as exactly this format; raises NotDecodable.

    The demuxer is named and the file has no name, so that a playlist dressed up as audio cannot
    make FFmpeg open another file. Decoding stops at ``max_seconds``, whatever the header claims.
    """
    try:
        wave = _decode(content, found.demuxer, max_seconds)
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise NotDecodable("This file is damaged: it could not be decoded.") from exc
    if wave.size == 0:
        raise NotDecodable("There is no sound in this file.")
    if not np.isfinite(wave).all():
        raise NotDecodable("This file holds values that are not sound.")
    loudest = float(np.abs(wave).max())
    if loudest < 10 ** (-60 / 20):
        raise NotDecodable("This file is silent.")
    return Measured(wave.size / _RATE, _find_peaks(wave, loudest), loudest)


def _decode(content: bytes, demuxer: str, max_seconds: float) -> np.ndarray:
    pieces: list[np.ndarray] = []
    decoded, most = 0, int(max_seconds * _RATE)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
    with av.open(
        io.BytesIO(content), "r", format=demuxer, options={"protocol_whitelist": ""}
    ) as container:
        if not container.streams.audio:
            raise NotDecodable("There is no sound in this file.")
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray().reshape(-1)
                pieces.append(samples)
                decoded += samples.size
            if decoded > most:
                raise NotDecodable(
                    f"This file is longer than {math.floor(max_seconds / 60)} minutes."
                )
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)


def _find_peaks(wave: np.ndarray, loudest: float) -> list[int]:
    parts = np.array_split(np.abs(wave), PEAK_COUNT)
    return [round(100 * float(part.max()) / loudest) if part.size else 0 for part in parts]
