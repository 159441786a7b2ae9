"""How high a voice is."""

import numpy as np
import pytest

from catalog.audio.analysis.pitch import median_pitch
from catalog.audio.embeddings.waveform import RATE


def voice_of(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """Return pulses that follow each other at this pitch, with overtones as a voice has them."""
    moments = np.arange(int(seconds * RATE)) / RATE
    tones = [np.sin(2 * np.pi * hertz * over * moments) / over for over in range(1, 12)]
    return (0.2 * np.sum(tones, axis=0)).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 120, 165, 220, 320])
def test_the_pitch_of_a_voice_is_found_without_taking_an_overtone_for_it(hertz):
    assert 2 ** median_pitch(voice_of(hertz)) == pytest.approx(hertz, rel=0.03)


def test_pauses_and_noise_do_not_count():
    hiss = 0.02 * np.random.default_rng(1).standard_normal(RATE).astype(np.float32)
    pause = np.zeros(RATE, np.float32)

    found = median_pitch(np.concatenate([pause, voice_of(140), hiss]))

    assert 2**found == pytest.approx(140, rel=0.03)


@pytest.mark.parametrize("wave", [np.zeros(RATE), np.zeros(10)])
def test_what_has_no_pitch_lies_between_man_and_woman(wave):
    assert 2 ** median_pitch(wave.astype(np.float32)) == pytest.approx(160)


def test_a_real_man_and_a_real_woman_lie_where_they_should(reader, caller):
    assert 70 < 2 ** median_pitch(np.concatenate(reader)) < 160
    assert 70 < 2 ** median_pitch(caller) < 300
