"""Synthesize English text in any character, with a small offline engine.

The engine predicts the parts of a source-filter model (its "ONNX interface"): the pitch curve is
changed before the waveform is made from them, and the waveform is then read out faster or slower,
which moves the formants.
"""

import importlib
import threading
from typing import Any

import numpy as np

from catalog.sandbox.characters import ENGINE_PITCH, Character
from catalog.sandbox.waveforms import Samples, Waveform

ENGINE_RATE = 24_000
SPECTRUM_BINS = 601
VOICED_ABOVE = 40.0  # Hz; unvoiced frames are 0
LOUDNESS = 0.11
LOUDEST = 0.92
FALLBACK_TEXT = "This sandbox can only read English."


class SpeechUnavailable(Exception):
    """The speech engine is not installed; the message says how to get it."""


class SimpleSpeaker:
    """Synthesizes one text at a time; the engine is loaded on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Any = None
        self._synth: Any = None

    def speak(self, text: str, character: Character) -> Waveform:
        """Synthesize a text; raises SpeechUnavailable."""
        with self._lock:
            engine = self._load()
            phonemes = engine.phonemize(text) or engine.phonemize(FALLBACK_TEXT)
            dice = np.random.default_rng(0)
            parts = [self._sentence(sentence, character, dice) for sentence in phonemes]
        samples = np.concatenate(parts)
        rate = round(ENGINE_RATE * character.formant)
        return Waveform(_levelled(samples, rate, character), rate)

    def _load(self) -> Any:
        if self._engine is None:
            try:
                self._engine = importlib.import_module("hibari").Hibari()
                self._synth = importlib.import_module("hibari.dsp").synth
            except ImportError as exc:
                raise SpeechUnavailable(
                    "The sandbox cannot speak: install its speech engine with"
                    " .venv/bin/pip install '.[sandbox]'."
                ) from exc
        return self._engine

    def _sentence(self, phonemes: str, character: Character, dice: np.random.Generator) -> Samples:
        inputs = {
            "ids": np.asarray([self._engine.ids(phonemes)], np.int64),
            # Deeper formants are played back slower, so speak faster to compensate.
            "speed": np.asarray([character.pace / character.formant], np.float32),
        }
        harmonic, phase, noise, rest, rest_phase, pitch = (
            output[0] for output in self._engine.sess.run(None, inputs)
        )
        tilt = _tilt(character.brightness)
        sound: Samples = self._synth(
            harmonic + tilt,
            phase,
            noise + tilt + np.float32(character.breath),
            rest + tilt,
            rest_phase,
            _bent(pitch, character),
            dice,
        )
        return sound


def _bent(pitch: Samples, character: Character) -> Samples:
    target = character.pitch / character.formant
    curve = target * (np.maximum(pitch, 1.0) / ENGINE_PITCH) ** character.liveliness
    bent = np.where(pitch > VOICED_ABOVE, np.maximum(curve, VOICED_ABOVE + 5), 0.0)
    return bent.astype(np.float32)


def _tilt(decibels_per_octave: float) -> Samples:
    octaves = np.log2(np.maximum(np.arange(SPECTRUM_BINS), 5) / 50)  # relative to 1 kHz
    decibels = decibels_per_octave * np.clip(octaves, -3, 3)
    nepers: Samples = (decibels / 20 * np.log(10)).astype(np.float32)
    return nepers[:, None]


def _levelled(samples: Samples, rate: int, character: Character) -> Samples:
    seconds = np.arange(len(samples), dtype=np.float32) / rate
    shaped = samples * (1 + character.swell * np.sin(2 * np.pi * character.beat * seconds))
    level = float(np.sqrt(np.mean(shaped**2))) or 1.0
    peak = float(np.abs(shaped).max()) or 1.0
    return (shaped * min(LOUDNESS / level, LOUDEST / peak)).astype(np.float32)
