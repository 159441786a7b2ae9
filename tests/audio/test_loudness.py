"""Loudness, compared with the reference values of the standard and its test signals."""

import numpy as np
import pytest

from catalog.audio.loudness import measure_loudness


def tone(seconds: float, level: float, *, rate: int = 48_000, hertz: float = 997.0):
    moments = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * hertz * moments)
    return wave.astype(np.float32)


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100, 48_000])
def test_a_full_scale_tone_has_the_standard_s_value(rate):
    assert measure_loudness(tone(5, 0, rate=rate), rate) == pytest.approx(-3.01, abs=0.1)


def test_a_tenth_of_the_level_is_20_db_less():
    assert measure_loudness(tone(5, -20), 48_000) == pytest.approx(-23.01, abs=0.1)


def test_low_tones_count_less_and_high_tones_more():
    low = measure_loudness(tone(5, -20, hertz=40), 48_000)
    high = measure_loudness(tone(5, -20, hertz=4_000), 48_000)

    assert low < -26
    assert -20.5 < high < -19


def test_pauses_do_not_reduce_the_loudness_of_speech():
    # EBU Tech 3341, case 3, shortened: the quiet parts are below the relative gate.
    parts = [tone(2, -36), tone(12, -23), tone(2, -36)]
    wave = np.concatenate(parts)

    assert measure_loudness(wave, 48_000) == pytest.approx(-26.0, abs=0.15)


def test_a_long_clip_measured_in_parts_gives_the_same_value():
    short, long = tone(3, -20, rate=16_000), tone(60, -20, rate=16_000)

    assert measure_loudness(long, 16_000) == pytest.approx(
        measure_loudness(short, 16_000), abs=0.05
    )


@pytest.mark.parametrize("wave", [tone(0.3, 0), np.zeros(48_000, np.float32), tone(2, -90)])
def test_clips_that_are_too_short_or_too_quiet_have_no_loudness(wave):
    assert measure_loudness(wave, 48_000) is None
