"""Measure everything that a sample's report needs."""

from dataclasses import dataclass

import numpy as np

from catalog.audio.analysis import analysis_is_installed, noise_is_installed
from catalog.audio.analysis.noise import remove_noise
from catalog.audio.analysis.sound_events import Events, events_are_installed, find_events
from catalog.audio.analysis.speaker_count import find_second_speaker
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE, check_wave
from catalog.audio.loudness import measure_loudness

# The limit for the expensive measures, which don't get better with more audio.
_LISTENED_SECONDS = 60
_AT_THE_TOP = 0.985
_LEAST_SPEECH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SampleMeasures:
    """The measures, None if not available. Shares are from 0 to 1, levels in decibels."""

    seconds: float
    peak: float
    clipped_share: float
    loudness: float | None = None
    speech_share: float | None = None
    singing_share: float | None = None
    music_share: float | None = None
    snr: float | None = None
    second_speaker_share: float | None = None


def measure_sample_sound(wave: Wave, rate: int) -> SampleMeasures:
    """Measure a waveform at its file's sample rate; raises NotAWave."""
    coarse = check_wave(wave, rate)
    seconds = wave.size / rate
    events = find_events(coarse) if events_are_installed() else None
    speech = _cut_speech(coarse, events)
    speaks = speech.size >= _LEAST_SPEECH_SECONDS * RATE
    top = float(np.abs(wave).max())
    return SampleMeasures(
        seconds=round(seconds, 2),
        peak=round(20 * float(np.log10(max(top, 1e-6))), 1),
        clipped_share=float(np.mean(np.abs(wave) >= _AT_THE_TOP * max(top, 1e-6))),
        loudness=measure_loudness(wave, rate),
        speech_share=events.share("speech", seconds) if events else None,
        singing_share=events.share("singing", seconds) if events else None,
        music_share=events.share("music", seconds) if events else None,
        snr=_measure_snr(wave, rate) if speaks and noise_is_installed() else None,
        second_speaker_share=(
            find_second_speaker(speech) if speaks and analysis_is_installed() else None
        ),
    )


def _cut_speech(coarse: Wave, events: Events | None) -> Wave:
    if events is None:
        return coarse[: _LISTENED_SECONDS * RATE]
    pieces = [coarse[int(start * RATE) : int(end * RATE)] for start, end in events.speech]
    whole = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return whole[: _LISTENED_SECONDS * RATE]


def _measure_snr(wave: Wave, rate: int) -> float:
    return remove_noise(wave[: _LISTENED_SECONDS * rate], rate).snr
