"""Measuring a sample, and the findings shown to people."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.audio.analysis import measure
from catalog.audio.analysis.measure import SampleMeasures, measure_sample_sound
from catalog.audio.analysis.noise import remove_noise
from catalog.audio.analysis.report import FIX, GOOD, WARN, find_findings, worst_verdict
from catalog.audio.analysis.sound_events import find_events
from catalog.audio.analysis.speaker_count import find_second_speaker
from catalog.audio.embeddings.waveform import RATE, NotAWave

GOOD_SAMPLE = SampleMeasures(
    seconds=30,
    peak=-4,
    clipped_share=0,
    loudness=-20,
    speech_share=0.9,
    singing_share=0,
    music_share=0,
    snr=35,
    second_speaker_share=0,
)


def sine(hertz: float, level: float) -> np.ndarray:
    moments = np.arange(5 * RATE) / RATE
    return (10 ** (level / 20) * np.sin(2 * np.pi * hertz * moments)).astype(np.float32)


def add_noise(speech: np.ndarray, decibels: float) -> np.ndarray:
    """Return the speech with white noise at this distance in dB."""
    loud = speech[np.abs(speech) > 0.01]
    power = np.mean(np.square(loud)) / 10 ** (decibels / 10)
    noise = np.random.default_rng(1).standard_normal(speech.size) * np.sqrt(power)
    return np.clip(speech + noise, -1, 1).astype(np.float32)


def play_chords(seconds: float) -> np.ndarray:
    """Return changing chords with overtones, like an organ."""
    moments = np.arange(int(seconds * RATE)) / RATE
    roots = np.repeat([220, 277, 330, 247], RATE)[np.arange(moments.size) % (4 * RATE)]
    partials = [np.sin(2 * np.pi * roots * ratio * over * moments) / over
                for ratio in (1, 1.25, 1.5, 2) for over in (1, 2, 3, 4)]  # fmt: skip
    fading = np.exp(-2 * (moments % 0.5))
    return (0.1 * np.sum(partials, axis=0) * fading).astype(np.float32)


def test_speech_and_music_are_distinguished(reader):
    speech = find_events(np.concatenate(reader))
    music = find_events(play_chords(8))

    assert speech.share("speech", sum(part.size for part in reader) / RATE) > 0.6
    assert speech.share("music", 10) < 0.1
    assert music.share("music", 8) > 0.5
    assert music.share("speech", 8) < 0.15


def test_noise_is_measured_and_removed(reader):
    clean = reader[0]
    noisy = add_noise(clean, 10)

    before, after = remove_noise(clean, RATE), remove_noise(noisy, RATE)

    assert before.snr > after.snr + 10
    assert after.wave.shape == noisy.shape
    assert np.abs(after.wave).max() <= 1
    left = np.mean(np.square(after.wave - clean))
    assert left < np.mean(np.square(noisy - clean)) / 2


def test_removing_noise_does_not_change_the_original(reader):
    noisy = add_noise(reader[0][:RATE], 10)
    kept = noisy.copy()

    remove_noise(noisy, RATE)

    assert np.array_equal(noisy, kept)


def test_removing_noise_from_invalid_samples_is_refused():
    with pytest.raises(NotAWave):
        remove_noise(np.full(RATE, np.nan, np.float32), RATE)


def test_two_speakers_are_detected_but_one_alone_is_not(reader, caller):
    alone = np.concatenate(reader)

    assert find_second_speaker(alone) == 0
    assert find_second_speaker(np.concatenate([alone, caller])) > 0.1


def test_a_real_recording_has_every_measure(reader):
    measures = measure_sample_sound(np.concatenate(reader), RATE)

    assert measures.speech_share > 0.6
    assert measures.snr > 15
    assert measures.second_speaker_share == 0
    assert -40 < measures.loudness < -10
    assert worst_verdict(find_findings(measures)) in {GOOD, WARN}


def test_without_the_optional_packages_the_rest_is_measured(reader, monkeypatch):
    for name in ("events_are_installed", "noise_is_installed", "analysis_is_installed"):
        monkeypatch.setattr(measure, name, lambda: False)

    measures = measure_sample_sound(reader[0], RATE)

    assert (measures.speech_share, measures.snr, measures.second_speaker_share) == (None,) * 3
    assert measures.loudness is not None
    assert {line.label for line in find_findings(measures)} == {"Length", "Clipping", "Loudness"}


def judge(**changes) -> dict[str, tuple[str, str]]:
    lines = find_findings(replace(GOOD_SAMPLE, **changes), least_seconds=5, most_seconds=60)
    return {line.label: (line.verdict, line.value) for line in lines}


def test_a_good_sample_has_only_good_findings():
    assert {verdict for verdict, _ in judge().values()} == {GOOD}
    assert len(judge()) == 6


@pytest.mark.parametrize(
    ("changes", "label", "verdict", "word"),
    [
        ({"seconds": 3}, "Length", FIX, "3.0 s"),
        ({"seconds": 7}, "Length", WARN, "7.0 s"),
        ({"seconds": 90}, "Length", FIX, "90.0 s"),
        ({"speech_share": 0.02}, "Content", FIX, "No speech"),
        ({"speech_share": 0.02, "music_share": 0.9}, "Content", FIX, "Music"),
        ({"singing_share": 0.6, "music_share": 0.9}, "Content", FIX, "Singing"),
        ({"music_share": 0.4}, "Content", FIX, "with music"),
        ({"speech_share": 0.3}, "Content", WARN, "30% speech"),
        ({"peak": -0.1, "clipped_share": 0.1}, "Clipping", FIX, "10.0% clipped"),
        ({"loudness": None}, "Loudness", FIX, "Silent"),
        ({"loudness": -40}, "Loudness", WARN, "-40 LUFS"),
        ({"loudness": -5}, "Loudness", WARN, "-5 LUFS"),
        ({"snr": 18}, "Noise", WARN, "18 dB"),
        ({"snr": 5}, "Noise", FIX, "5 dB"),
        ({"second_speaker_share": 0.4}, "Speakers", WARN, "40% other"),
    ],
)  # fmt: skip
def test_each_flaw_has_its_verdict_and_wording(changes, label, verdict, word):
    found = judge(**changes)

    assert found[label][0] == verdict
    assert word in found[label][1]
    assert {mood for name, (mood, _) in found.items() if name != label} == {GOOD}


def test_findings_that_are_not_good_say_what_to_do():
    flawed = replace(GOOD_SAMPLE, seconds=3, snr=5, loudness=-40, second_speaker_share=0.4)

    advised = {line.advice for line in find_findings(flawed) if line.verdict != GOOD}
    assert "Good" not in advised
    assert {line.advice for line in find_findings(GOOD_SAMPLE)} == {"Good"}


def test_flat_peaks_count_as_clipping_only_at_full_scale():
    quiet = measure_sample_sound(sine(440, -6), RATE)

    assert quiet.clipped_share > 0.05
    assert {line.label: line.verdict for line in find_findings(quiet)}["Clipping"] == GOOD
