"""Decode sound, in the worker only: how long it is, whether it is sound, and its waveform."""

import io
import math
import time
from dataclasses import dataclass

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from catalog.audio import AudioFormat
from catalog.loudness import measure_loudness

PEAK_COUNT = 64
_RATE = 16_000
# Sounds of a person need none of this; a small file that claims more is made to fill a memory.
_MOST_CHANNELS, _HIGHEST_RATE = 8, 192_000
# No ear and no model hears what a higher rate holds, and it would take four times the memory.
_HIGHEST_HEARD = 48_000
# Twenty minutes of two channels at 192 kHz, before anything is thrown away.
_MOST_VALUES = 460_800_000
_PATIENCE_SECONDS = 120
# A decoder that lost its way gives values in the hundreds; a badly clipped Ogg file of a real
# recording reaches 2.2.
LOUDEST = 4.0
# Shorter than any sound of speech, and 0 s where it is told.
_LEAST_SECONDS = 0.02
SILENCE = 10 ** (-60 / 20)
_TOO_MUCH = "This file unpacks to more than a recording can be."


class NotDecodable(Exception):
    """The file is not whole or not sound; the message says it in words."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What decoding showed: seconds, and peaks from 0 to 100 over the whole length.

    ``loudness`` is in LUFS, None for what is too short or too quiet to be measured.
    """

    seconds: float
    peaks: list[int]
    loudest: float
    loudness: float | None


def measure_audio(
    content: bytes, found: AudioFormat, *, max_seconds: float, peak_count: int = PEAK_COUNT
) -> Measured:
    """Decode the content as exactly this format; raises NotDecodable, for silence too."""
    wave, rate = decode_audio(content, found, max_seconds=max_seconds, rate=_RATE)
    if wave.size < _LEAST_SECONDS * rate:
        raise NotDecodable("There is next to no sound in this file.")
    loudest = float(np.abs(wave).max())
    if loudest < SILENCE:
        raise NotDecodable("This file is silent.")
    heard = measure_loudness(wave, rate)
    return Measured(wave.size / rate, _find_peaks(wave, loudest, peak_count), loudest, heard)


def decode_audio(
    content: bytes, found: AudioFormat, *, max_seconds: float, rate: int | None = None
) -> tuple[NDArray[np.float32], int]:
    """Return the sound as one channel and its rate: the file's own, or 48 kHz if that is less.

    Another rate can be wished for.

    The demuxer is named and the file has no name, so that a playlist dressed up as audio cannot
    make FFmpeg open another file. Decoding stops at ``max_seconds``, whatever the header claims.
    Raises NotDecodable.
    """
    try:
        wave, rate = _decode(content, found.demuxer, max_seconds, rate)
    except MemoryError as exc:
        raise NotDecodable(_TOO_MUCH) from exc
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
        _demand_one_sound(container)
        resampler = None
        budget = _Budget()
        for frame in container.decode(container.streams.audio[0]):
            budget.spend(frame)
            rate = rate or min(frame.sample_rate, _HIGHEST_HEARD)
            # Packed: of eight channels on planes of their own, PyAV reads one from nowhere.
            resampler = resampler or av.AudioResampler(format="flt", rate=rate)
            for piece in resampler.resample(frame):
                values = piece.to_ndarray().reshape(-1, len(piece.layout.channels))
                # The mean of the channels, which cannot be louder than the loudest of them.
                pieces.append(values.mean(axis=1, dtype=np.float32))
                decoded += piece.samples
                rate = piece.sample_rate
            if rate and decoded > max_seconds * rate:
                raise NotDecodable(
                    f"This file is longer than {math.floor(max_seconds / 60)} minutes."
                )
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32), rate or _RATE


def _demand_one_sound(container: av.container.InputContainer) -> None:
    """Refuse what is more than a recording; a picture of its cover is none of it."""
    streams = container.streams
    if not streams.audio:
        raise NotDecodable("There is no sound in this file.")
    if len(streams.audio) > 1:
        raise NotDecodable("This file holds several recordings. Save the one you want on its own.")
    if any(not each.disposition & Disposition.attached_pic for each in streams.video):
        raise NotDecodable("This file is a film. Save its sound alone, and choose that.")


class _Budget:
    """What one file may cost, whatever its header says."""

    def __init__(self) -> None:
        self._values = 0
        self._end = time.monotonic() + _PATIENCE_SECONDS

    def spend(self, frame: av.AudioFrame) -> None:
        """Count one decoded frame; raises NotDecodable when the file costs too much."""
        channels = len(frame.layout.channels)
        if channels > _MOST_CHANNELS:
            raise NotDecodable(f"This file has more than {_MOST_CHANNELS} channels.")
        if frame.sample_rate > _HIGHEST_RATE:
            raise NotDecodable(f"This file has a rate above {_HIGHEST_RATE // 1000} kHz.")
        self._values += frame.samples * channels
        if self._values > _MOST_VALUES or time.monotonic() > self._end:
            raise NotDecodable(_TOO_MUCH)


def _find_peaks(wave: NDArray[np.float32], loudest: float, count: int) -> list[int]:
    parts = np.array_split(np.abs(wave), count)
    return [round(100 * float(part.max()) / loudest) if part.size else 0 for part in parts]
