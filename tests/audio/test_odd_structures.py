"""Files that decoders read differently are read completely, and always re-encoded."""

import io
import struct

import numpy as np
import pytest

from catalog.audio.decode import NotDecodable
from catalog.audio.formats import describe_refusal, locate_sound, plays_everywhere
from tests.audio.test_recordings import RATE, SECONDS, VOICE, likeness, read
from tests.sounds import encode_sound, encode_values, speak


@pytest.mark.parametrize(("codec", "first", "second"), [
    ("libopus", 48_000, 48_000),
    ("flac", 44_100, 16_000),
])  # fmt: skip
@pytest.mark.parametrize("count", [2, 3])
def test_all_parts_of_a_chained_file_are_decoded(codec, first, second, count):
    rates = [first, *[second] * (count - 1)]
    parts = [_encode_part(rate, codec, place) for place, rate in enumerate(rates)]

    sound = read(b"".join(parts))

    assert sound.seconds == pytest.approx(2 * count, abs=0.1)
    assert all(np.abs(part).max() > 0.2 for part in np.array_split(sound.wave, count))
    # Some decoders stop after the first part.
    assert not sound.is_plain


def _encode_part(rate: int, codec: str, place: int) -> bytes:
    values = speak(np.arange(2 * rate) / rate)
    layout = "stereo" if place % 2 and codec == "libopus" else "mono"
    values = np.column_stack([values, values]) if layout == "stereo" else values
    return encode_values(values, "ogg", codec, rate, layout=layout)


def _chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return name + (len(content) if size is None else size).to_bytes(4, "little") + content


def _wav_of(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


_VALUES = (VOICE * 32_767).astype("<i2").tobytes()
_KIND = _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16))
_ODD_WAVS = {
    "a size of zero": _wav_of(_KIND, _chunk(b"data", _VALUES, 0)),
    "an open size": _wav_of(_KIND, _chunk(b"data", _VALUES, 0xFFFFFFFF)),
    "a size past its end": _wav_of(_KIND, _chunk(b"data", _VALUES, len(_VALUES) + 4000)),
    "the sound first": _wav_of(_chunk(b"data", _VALUES), _KIND),
}


@pytest.mark.parametrize("content", _ODD_WAVS.values(), ids=_ODD_WAVS)
def test_an_ambiguous_wav_is_read_completely_and_re_encoded(content):
    sound = read(content)

    assert sound.seconds == pytest.approx(SECONDS, abs=0.01)
    assert likeness(sound)[0] > 0.999
    assert not sound.is_plain


def test_a_wav_with_two_data_chunks_is_re_encoded():
    half = len(_VALUES) // 2

    sound = read(_wav_of(_KIND, _chunk(b"data", _VALUES[:half]), _chunk(b"data", _VALUES[half:])))

    assert not sound.is_plain


def test_a_wav_with_extra_metadata_chunks_is_plain():
    notes = _chunk(b"LIST", b"INFO"), _chunk(b"JUNK", bytes(70_000)), _chunk(b"bext", bytes(602))

    assert read(
        _wav_of(*notes, _KIND, _chunk(b"data", _VALUES), _chunk(b"id3 ", bytes(8)))
    ).is_plain


def test_a_64_bit_wav_is_read_as_rf64_and_bw64():
    content = encode_sound("rf64", 2.0, speak)
    assert content[:4] == b"RF64"

    assert read(b"BW64" + content[4:]).seconds == pytest.approx(2, abs=0.1)


def test_a_big_endian_wav_is_refused_because_it_decodes_as_noise():
    content = b"RIFX" + _wav_of(_KIND, _chunk(b"data", _VALUES))[4:]

    assert locate_sound(io.BytesIO(content)).audio_format is None
    assert "Export it as WAV or M4A" in describe_refusal(content)


def test_a_recording_that_is_too_long_says_what_to_upload():
    with pytest.raises(NotDecodable, match=r"1 minute\. Upload a part of 1 to 2 minutes"):
        read(encode_sound("flac", 61), max_seconds=60)


@pytest.mark.parametrize("size", [0, len(_VALUES)])
def test_a_preview_with_an_unknown_size_is_re_encoded_for_browsers(size):
    content = _wav_of(_KIND, _chunk(b"data", _VALUES, size))
    found = locate_sound(io.BytesIO(content)).audio_format
    assert found is not None

    assert plays_everywhere(content, found) is bool(size)
