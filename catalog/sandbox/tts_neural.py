"""Speak with the neural engine if installed, with an individual blend for each voice."""

import random
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np

from catalog.audio.tts.engine import RATE, load_engine
from catalog.audio.tts.errors import TTSError, UnsupportedText
from catalog.audio.tts.styles import Style, blend_styles, style_names
from catalog.sandbox.characters import Character
from catalog.sandbox.tts_simple import FALLBACK_TEXT, SpeechUnavailable
from catalog.sandbox.waveforms import Waveform

# Longer texts use the small engine, because the neural one would take minutes.
LONGEST_TEXT = 400
_SLOWEST, _FASTEST = 0.8, 1.25
# The id prefixes of English voices, by gender.
_CASTS = {"female": ("af", "bf"), "male": ("am", "bm"), "neutral": ("af", "am", "bf", "bm")}


class NeuralSpeaker:
    """Synthesizes one text at a time; the engine is loaded on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def speak(self, text: str, character: Character) -> Waveform:
        """Synthesize a text; raises SpeechUnavailable."""
        pace = min(max(character.pace, _SLOWEST), _FASTEST)
        style = _style_of(character.seed, character.gender)
        with self._lock:
            try:
                engine = load_engine(self._folder)
                try:
                    return Waveform(engine.speak(text, style, "en-US", pace), RATE)
                except UnsupportedText:
                    return Waveform(engine.speak(FALLBACK_TEXT, style, "en-US", pace), RATE)
            except TTSError as exc:
                raise SpeechUnavailable(str(exc)) from exc


@lru_cache(maxsize=64)
def _style_of(seed: str, gender: str) -> Style:
    """Return the style for this seed: a blend of two stock voices."""
    dice = random.Random(f"actor {seed}")
    names = style_names()
    pair = dice.sample([name for name in names if name.startswith(_CASTS[gender])], 2)
    weights = np.zeros(len(names), np.float32)
    share = dice.uniform(0.3, 0.7)
    weights[names.index(pair[0])] = share
    weights[names.index(pair[1])] = 1 - share
    return blend_styles(weights)
