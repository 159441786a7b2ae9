import threading

import numpy as np
import pytest

from catalog.audio.tts.engine import RATE, TTSEngine, _check
from catalog.audio.tts.errors import TTSError, TTSUnavailable, UnsupportedText
from catalog.audio.tts.styles import blend_styles, load_style, style_names

TEXT = "Good morning."


def test_a_text_is_spoken_aloud_the_same_each_time_and_by_each_voice_in_its_own_way(
    engine: TTSEngine,
) -> None:
    heart = engine.speak(TEXT, load_style("af_heart"))

    again = engine.speak(TEXT, load_style("af_heart"))
    george = engine.speak(TEXT, load_style("bm_george"), "en-GB")

    assert 0.5 < len(heart) / RATE < 3
    assert np.abs(heart).max() > 0.1
    assert np.array_equal(heart, again)
    assert len(heart) != len(george) or not np.allclose(heart, george)


def test_an_engine_that_was_unloaded_in_a_pause_speaks_the_same_again(engine: TTSEngine) -> None:
    before = engine.speak("Hi.", load_style("af_heart"))
    engine.unload()

    assert np.array_equal(engine.speak("Hi.", load_style("af_heart")), before)


def test_an_engine_that_nobody_uses_is_unloaded(
    engine: TTSEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.audio.tts.engine.IDLE_SECONDS", 0.01)
    unloaded = threading.Event()
    monkeypatch.setattr(engine, "unload", unloaded.set)

    engine.speak("Hi.", load_style("af_heart"))

    assert unloaded.wait(30)


def test_a_blend_of_two_voices_speaks_and_sounds_like_neither(engine: TTSEngine) -> None:
    weights = np.zeros(len(style_names()), np.float32)
    weights[[0, 30]] = 0.5

    blended = engine.speak("Hi.", blend_styles(weights), speed=2.0)

    assert np.abs(blended).max() > 0.1
    assert not np.array_equal(blended, engine.speak("Hi.", load_style("af_alloy"), speed=2.0))


def test_a_language_that_cannot_be_read_is_refused_in_words_and_not_spoken_wrongly(
    engine: TTSEngine,
) -> None:
    with pytest.raises(UnsupportedText, match="doesn't support this language"):
        engine.speak("Hyvää huomenta", load_style("af_heart"), "fi")


@pytest.mark.parametrize("text", ["", "   ", "早上好"])
def test_a_text_without_anything_to_speak_is_refused(engine: TTSEngine, text: str) -> None:
    with pytest.raises(UnsupportedText, match="nothing readable"):
        engine.speak(text, load_style("af_heart"))


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.full(100, np.nan, np.float32), "invalid audio"),
        (np.zeros(100, np.float32), "silence"),
        (np.zeros(0, np.float32), "silence"),
    ],
)
def test_what_is_no_speech_never_leaves_the_engine(samples: np.ndarray, words: str) -> None:
    with pytest.raises(TTSError, match=words):
        _check(samples)


def test_weights_that_changed_are_not_loaded(tmp_path) -> None:
    weights = tmp_path / "kokoro-v1.0.int8.onnx"
    weights.write_bytes(b"something else")

    with pytest.raises(TTSUnavailable, match="Delete that file"):
        TTSEngine(weights)
