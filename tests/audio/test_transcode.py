"""Recordings are cut, joined, and converted to one mono file for the provider."""

import io
import wave

import numpy as np
import pytest

from catalog.audio.decode import NotDecodable
from catalog.audio.formats import FORMATS
from catalog.audio.transcode import AudioPart, join_pieces
from tests.sounds import MADE_FORMATS, encode_sound


def read(content: bytes) -> tuple[int, int, float, np.ndarray]:
    """Return the channels, rate, seconds, and samples of a WAV."""
    with wave.open(io.BytesIO(content)) as reader:
        values = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
        return (
            reader.getnchannels(),
            reader.getframerate(),
            reader.getnframes() / reader.getframerate(),
            values,
        )


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_every_format_becomes_a_mono_wav(slug):
    joined = join_pieces([AudioPart(encode_sound(slug, 2.0), FORMATS[slug])])

    channels, rate, seconds, values = read(joined.content)
    assert (channels, rate) == (1, joined.rate)
    assert 16_000 <= rate <= 48_000
    assert seconds == pytest.approx(2.0, abs=0.1)
    assert np.abs(values).max() > 5_000


def test_pieces_are_joined_in_order_with_a_short_pause_between_them():
    loud = AudioPart(encode_sound("wav", 1.0), FORMATS["wav"])
    quiet = AudioPart(encode_sound("flac", 1.0, lambda t: 0.01 * np.sin(t * 1000)), FORMATS["flac"])

    _, rate, seconds, values = read(join_pieces([quiet, loud]).content)

    assert seconds == pytest.approx(2.25, abs=0.05)
    assert np.abs(values[: rate // 2]).max() < 1_000 < np.abs(values[-rate // 2 :]).max()
    assert not values[int(1.05 * rate) : int(1.2 * rate)].any()


def test_only_the_selected_part_is_used():
    sound = encode_sound("wav", 4.0, lambda t: 0.5 * np.sin(t * 1000) * (t > 2))

    joined = join_pieces([AudioPart(sound, FORMATS["wav"], 0.5, 1.5)])

    assert joined.seconds == pytest.approx(1.0, abs=0.01)
    assert not read(joined.content)[3].any()


def test_a_recording_that_is_too_long_is_cut_and_its_full_length_reported():
    joined = join_pieces([AudioPart(encode_sound("wav", 5.0), FORMATS["wav"])], max_seconds=2)

    assert (joined.seconds, joined.given_seconds) == (2.0, pytest.approx(5.0, abs=0.01))


def test_a_file_that_is_too_large_gets_a_lower_rate_and_is_then_cut():
    sound = AudioPart(encode_sound("ogg", 3.0), FORMATS["ogg"])

    roomy = join_pieces([sound], max_bytes=200_000)
    tight = join_pieces([sound], max_bytes=50_000)

    assert (roomy.rate, round(roomy.seconds)) == (24_000, 3)
    assert len(tight.content) <= 50_000


def test_a_part_past_the_end_is_refused():
    with pytest.raises(NotDecodable):
        join_pieces([AudioPart(encode_sound("wav", 1.0), FORMATS["wav"], 5.0, 6.0)])
