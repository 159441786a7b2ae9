"""Measuring the pitch of a voice."""

import numpy as np
import pytest

from catalog.audio.analysis.pitch import median_pitch
from catalog.audio.embeddings.waveform import RATE


def voice_of(hertz: float) -> np.ndarray:
    """Return one second of a tone at this pitch with the overtones of a voice."""
    moments = np.arange(RATE) / RATE
    tones = [np.sin(2 * np.pi * hertz * over * moments) / over for over in range(1, 12)]
    return (0.2 * np.sum(tones, axis=0)).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 120, 165, 220, 320])
def test_the_pitch_is_found_and_not_confused_with_an_overtone(hertz):
    assert 2 ** median_pitch(voice_of(hertz)) == pytest.approx(hertz, rel=0.03)


def test_pauses_and_noise_do_not_change_the_pitch():
    hiss = 0.02 * np.random.default_rng(1).standard_normal(RATE).astype(np.float32)
    pause = np.zeros(RATE, np.float32)

    found = median_pitch(np.concatenate([pause, voice_of(140), hiss]))

    assert 2**found == pytest.approx(140, rel=0.03)


@pytest.mark.parametrize("wave", [np.zeros(RATE), np.zeros(10)])
def test_sound_without_a_pitch_gets_a_value_between_male_and_female(wave):
    assert 2 ** median_pitch(wave.astype(np.float32)) == pytest.approx(160)


def test_real_male_and_female_voices_have_plausible_pitches(reader, caller):
    assert 70 < 2 ** median_pitch(np.concatenate(reader)) < 160
    assert 70 < 2 ** median_pitch(caller) < 300
