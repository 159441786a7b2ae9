"""Convert original recordings into the one file that a provider accepts; for workers only."""

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.formats import AudioFormat

LONGEST_SECONDS = 1200
# More doesn't improve a voice, and this still fits into memory.
_LONGEST_JOINED_SECONDS = 600
_GAP_SECONDS = 0.25
_LEAST_RATE, _LOWER_RATE, _HIGHEST_RATE = 16_000, 24_000, 48_000
_HEADER_BYTES, _BYTES_A_VALUE = 44, 2


@dataclass(frozen=True, slots=True)
class AudioPart:
    """One recording and the part of it to use; an end of None means the recording's end."""

    content: bytes = field(repr=False)
    audio_format: AudioFormat
    start_seconds: float = 0
    end_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class JoinedAudio:
    """A mono WAV with ``seconds`` of the ``given_seconds``."""

    content: bytes = field(repr=False)
    rate: int
    seconds: float
    given_seconds: float


def join_pieces(
    pieces: Sequence[AudioPart], *, max_seconds: float | None = None, max_bytes: int | None = None
) -> JoinedAudio:
    """Join the parts, cut to the provider's limits.

    Raises NotDecodable.
    """
    first, own_rate = _decode_piece(pieces[0], None)
    rate = min(max(own_rate, _LEAST_RATE), _HIGHEST_RATE)
    if rate != own_rate:
        first, _ = _decode_piece(pieces[0], rate)
    waves = [first, *(_decode_piece(piece, rate)[0] for piece in pieces[1:])]
    given = sum(each.size for each in waves) / rate
    longest = min(max_seconds or _LONGEST_JOINED_SECONDS, _LONGEST_JOINED_SECONDS)
    if max_bytes and min(given, longest) * rate * _BYTES_A_VALUE > max_bytes > 0:
        rate = _LOWER_RATE
        waves = [_decode_piece(piece, rate)[0] for piece in pieces]
        longest = min(longest, (max_bytes - _HEADER_BYTES) / (rate * _BYTES_A_VALUE))
    joined = _put_together(waves, rate)[: int(longest * rate)]
    return JoinedAudio(write_wav(joined, rate), rate, joined.size / rate, given)


def _decode_piece(piece: AudioPart, rate: int | None) -> tuple[NDArray[np.float32], int]:
    sound, rate = decode_audio(
        piece.content, piece.audio_format, max_seconds=LONGEST_SECONDS, rate=rate
    )
    end = None if piece.end_seconds is None else round(piece.end_seconds * rate)
    part = sound[round(piece.start_seconds * rate) : end]
    if part.size == 0:
        raise NotDecodable("The selected part of a sample contains no audio.")
    return part, rate


def _put_together(waves: Sequence[NDArray[np.float32]], rate: int) -> NDArray[np.float32]:
    gap = np.zeros(round(_GAP_SECONDS * rate), dtype=np.float32)
    parts = [part for wave_ in waves for part in (gap, wave_)][1:]
    return np.concatenate(parts)


def write_wav(sound: NDArray[np.float32], rate: int) -> bytes:
    """Return the audio as a 16-bit mono WAV."""
    # Decoded audio may slightly exceed full scale: scale it down rather than clip it.
    loudest = float(np.abs(sound).max()) if sound.size else 0.0
    values = (sound / max(1.0, loudest) * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(_BYTES_A_VALUE)
        writer.setframerate(rate)
        writer.writeframes(values.tobytes())
    return file.getvalue()
