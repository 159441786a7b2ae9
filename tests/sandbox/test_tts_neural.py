"""With the speech engine, the sandbox's voices speak with real and distinct voices."""

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


def test_every_voice_has_a_distinct_and_stable_style(engine):
    actor = NeuralSpeaker(Path("unused"))
    for seed in ("one", "two", "one"):
        sound = actor.speak("Hello.", Character.of(seed, "female"))
        assert sound.rate == RATE

    first, second, again = (style for _, style, _ in engine.spoken)
    assert first.shape == STYLE_SHAPE
    assert not np.array_equal(first, second)
    assert np.array_equal(first, again)


def test_styles_match_the_gender_of_voices_and_samples(engine):
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


def test_text_that_is_not_english_gets_an_english_message(engine):
    NeuralSpeaker(Path("unused")).speak("早上好", Character.of("x"))

    assert engine.spoken[0][0] == "This sandbox can only read English."


def test_a_failing_engine_raises_speech_unavailable(engine):
    engine.problem = TTSError("The weights are wrong.")

    with pytest.raises(SpeechUnavailable, match="weights are wrong"):
        NeuralSpeaker(Path("unused")).speak("Hello.", Character.of("x"))


def test_long_texts_use_the_small_engine(engine, tmp_path, monkeypatch):
    studio = ClipStore(tmp_path, Path("unused"))
    monkeypatch.setattr(studio._narrator, "speak", lambda text, character: "narrated")

    assert studio.speak("x" * (LONGEST_TEXT + 1), Character()) == "narrated"
    assert studio.speak("x" * LONGEST_TEXT, Character()) != "narrated"


def test_a_clip_is_generated_once_and_again_when_the_engine_is_available(engine, tmp_path):
    before, after = ClipStore(tmp_path), ClipStore(tmp_path, Path("unused"))

    clips = [
        before.clip("preview", lambda: b"narrated"),
        after.clip("preview", lambda: b"acted"),
        after.clip("preview", lambda: b"acted again"),
    ]

    assert clips == [b"narrated", b"acted", b"acted"]
