"""Decode sound, in the worker only: how long it is, whether it is sound, and its waveform."""

import io
import math
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from catalog.audio import AudioFormat
from catalog.loudness import measure_loudness

PEAK_COUNT = 64
_RATE = 16_000
# A decoder that lost its way gives values in the hundreds; a badly clipped Ogg file of a real
# recording reaches 2.2.
LOUDEST = 4.0


class NotDecodable(Exception):
    """The file is not whole or not sound; the message says it in words."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What decoding showed: seconds, and 64 peaks from 0 to 100 over the whole length.

    ``loudness`` is in LUFS, None for what is too short or too quiet to be measured.
    """

    seconds: float
    peaks: list[int]
    loudest: float
    loudness: float | None


def measure_audio(content: bytes, found: AudioFormat, *, max_seconds: float) -> Measured:
    """Decode the content as exactly this format; raises NotDecodable, for silence too."""
    wave, rate = decode_audio(content, found, max_seconds=max_seconds, rate=_RATE)
    loudest = float(np.abs(wave).max())
    if loudest < 10 ** (-60 / 20):
        raise NotDecodable("This file is silent.")
    heard = measure_loudness(wave, rate)
    return Measured(wave.size / rate, _find_peaks(wave, loudest), loudest, heard)


def decode_audio(
    content: bytes, found: AudioFormat, *, max_seconds: float, rate: int | None = None
) -> tuple[NDArray[np.float32], int]:
    """Return the sound as one channel and its rate, the file's own unless one is wished for.

    The demuxer is named and the file has no name, so that a playlist dressed up as audio cannot
    make FFmpeg open another file. Decoding stops at ``max_seconds``, whatever the header claims.
    Raises NotDecodable.
    """
    try:
        wave, rate = _decode(content, found.demuxer, max_seconds, rate)
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise NotDecodable("This file is damaged: it could not be decoded.") from exc
    if wave.size == 0:
        raise NotDecodable("There is no sound in this file.")
    if not np.isfinite(wave).all() or float(np.abs(wave).max()) > LOUDEST:
        raise NotDecodable("This file holds values that are not sound.")
    return wave, rate


def _decode(
    content: bytes, demuxer: str, max_seconds: float, rate: int | None
) -> tuple[NDArray[np.float32], int]:
    pieces: list[NDArray[np.float32]] = []
    decoded = 0
    with av.open(
        io.BytesIO(content),
        "r",
        format=demuxer,
        options={"protocol_whitelist": ""},
        metadata_errors="ignore",  # a title in another encoding says nothing about the sound
    ) as container:
        if not container.streams.audio:
            raise NotDecodable("There is no sound in this file.")
        resampler = av.AudioResampler(format="fltp", rate=rate)
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                # The mean of the channels, which cannot be louder than the loudest of them.
                pieces.append(piece.to_ndarray().mean(axis=0, dtype=np.float32))
                decoded += piece.samples
                rate = piece.sample_rate
            if rate and decoded > max_seconds * rate:
                raise NotDecodable(
                    f"This file is longer than {math.floor(max_seconds / 60)} minutes."
                )
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32), rate or _RATE


def _find_peaks(wave: NDArray[np.float32], loudest: float) -> list[int]:
    parts = np.array_split(np.abs(wave), PEAK_COUNT)
    return [round(100 * float(part.max()) / loudest) if part.size else 0 for part in parts]
