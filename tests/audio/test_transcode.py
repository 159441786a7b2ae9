"""Recordings become the one file that a provider takes: cut, joined, mono, at a rate that fits."""

import io
import wave

import numpy as np
import pytest

from catalog.audio.decode import NotDecodable
from catalog.audio.formats import FORMATS
from catalog.audio.transcode import AudioPart, join_pieces
from tests.sounds import MADE_FORMATS, encode_sound


def read(content: bytes) -> tuple[int, int, float, np.ndarray]:
    """Return channels, rate, seconds and the values of a WAV."""
    with wave.open(io.BytesIO(content)) as reader:
        values = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
        return (
            reader.getnchannels(),
            reader.getframerate(),
            reader.getnframes() / reader.getframerate(),
            values,
        )


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_every_format_becomes_a_wav_of_one_channel(slug):
    joined = join_pieces([AudioPart(encode_sound(slug, 2.0), FORMATS[slug])])

    channels, rate, seconds, values = read(joined.content)
    assert (channels, rate) == (1, joined.rate)
    assert 16_000 <= rate <= 48_000
    assert seconds == pytest.approx(2.0, abs=0.1)
    assert np.abs(values).max() > 5_000


def test_pieces_stand_in_their_order_with_a_breath_between_them():
    loud = AudioPart(encode_sound("wav", 1.0), FORMATS["wav"])
    quiet = AudioPart(encode_sound("flac", 1.0, lambda t: 0.01 * np.sin(t * 1000)), FORMATS["flac"])

    _, rate, seconds, values = read(join_pieces([quiet, loud]).content)

    assert seconds == pytest.approx(2.25, abs=0.05)
    assert np.abs(values[: rate // 2]).max() < 1_000 < np.abs(values[-rate // 2 :]).max()
    assert not values[int(1.05 * rate) : int(1.2 * rate)].any()


def test_only_the_cut_is_used():
    sound = encode_sound("wav", 4.0, lambda t: 0.5 * np.sin(t * 1000) * (t > 2))

    joined = join_pieces([AudioPart(sound, FORMATS["wav"], 0.5, 1.5)])

    assert joined.seconds == pytest.approx(1.0, abs=0.01)
    assert not read(joined.content)[3].any()


def test_what_is_too_long_is_cut_and_what_there_was_is_told():
    joined = join_pieces([AudioPart(encode_sound("wav", 5.0), FORMATS["wav"])], max_seconds=2)

    assert (joined.seconds, joined.given_seconds) == (2.0, pytest.approx(5.0, abs=0.01))


def test_what_is_too_large_gets_a_lower_rate_first_and_is_cut_then():
    sound = AudioPart(encode_sound("ogg", 3.0), FORMATS["ogg"])

    roomy = join_pieces([sound], max_bytes=200_000)
    tight = join_pieces([sound], max_bytes=50_000)

    assert (roomy.rate, round(roomy.seconds)) == (24_000, 3)
    assert len(tight.content) <= 50_000


def test_a_cut_past_the_end_is_no_sound():
    with pytest.raises(NotDecodable):
        join_pieces([AudioPart(encode_sound("wav", 1.0), FORMATS["wav"], 5.0, 6.0)])
