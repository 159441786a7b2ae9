"""With the speech engine at hand the sandbox's voices speak for real, each in its own way."""

from pathlib import Path

import numpy as np
import pytest

from catalog.audio.tts.engine import RATE
from catalog.audio.tts.errors import TTSError, UnsupportedText
from catalog.audio.tts.styles import STYLE_SHAPE
from catalog.sandbox import tts_neural
from catalog.sandbox.characters import Character
from catalog.sandbox.clips import ClipStore
from catalog.sandbox.tts_neural import LONGEST_TEXT, NeuralSpeaker
from catalog.sandbox.tts_simple import SpeechUnavailable


class ListeningEngine:
    """Records the texts, styles, and speeds it was asked to synthesize."""

    def __init__(self) -> None:
        self.spoken: list[tuple[str, np.ndarray, float]] = []
        self.problem: TTSError | None = None

    def speak(self, text: str, style: np.ndarray, language: str, speed: float) -> np.ndarray:
        if not text.isascii():
            raise UnsupportedText("There is nothing in this text.")
        if self.problem:
            raise self.problem
        self.spoken.append((text, style, speed))
        return np.full(2400, 0.5, np.float32)


@pytest.fixture
def engine(monkeypatch) -> ListeningEngine:
    listening = ListeningEngine()
    monkeypatch.setattr(tts_neural, "load_engine", lambda folder: listening)
    return listening


def test_every_voice_has_a_style_of_its_own_and_always_the_same(engine):
    actor = NeuralSpeaker(Path("unused"))
    for seed in ("one", "two", "one"):
        sound = actor.speak("Hello.", Character.of(seed, "female"))
        assert sound.rate == RATE

    first, second, again = (style for _, style, _ in engine.spoken)
    assert first.shape == STYLE_SHAPE
    assert not np.array_equal(first, second)
    assert np.array_equal(first, again)


def test_men_women_and_clones_sound_like_what_they_are(engine):
    actor = NeuralSpeaker(Path("unused"))
    characters = {
        "man": Character.of("x", "male"),
        "woman": Character.of("x", "female"),
        "clone of a man": Character.like("x", 110.0),
        "clone of a woman": Character.like("x", 210.0),
    }
    for character in characters.values():
        actor.speak("Hello.", character)

    styles = dict(zip(characters, (style for _, style, _ in engine.spoken), strict=True))
    assert np.array_equal(styles["man"], styles["clone of a man"])
    assert np.array_equal(styles["woman"], styles["clone of a woman"])
    assert not np.array_equal(styles["man"], styles["woman"])


def test_what_is_not_english_is_answered_in_english(engine):
    NeuralSpeaker(Path("unused")).speak("早上好", Character.of("x"))

    assert engine.spoken[0][0] == "This sandbox can only read English."


def test_an_engine_that_fails_is_told_as_a_missing_one(engine):
    engine.problem = TTSError("The weights are wrong.")

    with pytest.raises(SpeechUnavailable, match="weights are wrong"):
        NeuralSpeaker(Path("unused")).speak("Hello.", Character.of("x"))


def test_long_texts_are_left_to_the_small_engine(engine, tmp_path, monkeypatch):
    studio = ClipStore(tmp_path, Path("unused"))
    monkeypatch.setattr(studio._narrator, "speak", lambda text, character: "narrated")

    assert studio.speak("x" * (LONGEST_TEXT + 1), Character()) == "narrated"
    assert studio.speak("x" * LONGEST_TEXT, Character()) != "narrated"


def test_a_clip_is_spoken_once_and_anew_once_the_engine_is_there(engine, tmp_path):
    before, after = ClipStore(tmp_path), ClipStore(tmp_path, Path("unused"))

    clips = [
        before.clip("preview", lambda: b"narrated"),
        after.clip("preview", lambda: b"acted"),
        after.clip("preview", lambda: b"acted again"),
    ]

    assert clips == [b"narrated", b"acted", b"acted"]
