import threading

import numpy as np
import pytest

from catalog.audio.tts.engine import RATE, TTSEngine, _check
from catalog.audio.tts.errors import TTSError, TTSUnavailable, UnsupportedText
from catalog.audio.tts.styles import blend_styles, load_style, style_names

TEXT = "Good morning."


def test_speech_is_audible_reproducible_and_different_for_each_voice(
    engine: TTSEngine,
) -> None:
    heart = engine.speak(TEXT, load_style("af_heart"))

    again = engine.speak(TEXT, load_style("af_heart"))
    george = engine.speak(TEXT, load_style("bm_george"), "en-GB")

    assert 0.5 < len(heart) / RATE < 3
    assert np.abs(heart).max() > 0.1
    assert np.array_equal(heart, again)
    assert len(heart) != len(george) or not np.allclose(heart, george)


def test_an_unloaded_engine_reloads_and_gives_the_same_speech(engine: TTSEngine) -> None:
    before = engine.speak("Hi.", load_style("af_heart"))
    engine.unload()

    assert np.array_equal(engine.speak("Hi.", load_style("af_heart")), before)


def test_an_idle_engine_is_unloaded(engine: TTSEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.audio.tts.engine.IDLE_SECONDS", 0.01)
    unloaded = threading.Event()
    monkeypatch.setattr(engine, "unload", unloaded.set)

    engine.speak("Hi.", load_style("af_heart"))

    assert unloaded.wait(30)


def test_a_blend_of_two_voices_sounds_different_from_a_stock_voice(engine: TTSEngine) -> None:
    weights = np.zeros(len(style_names()), np.float32)
    weights[[0, 30]] = 0.5

    blended = engine.speak("Hi.", blend_styles(weights), speed=2.0)

    assert np.abs(blended).max() > 0.1
    assert not np.array_equal(blended, engine.speak("Hi.", load_style("af_alloy"), speed=2.0))


def test_an_unsupported_language_is_refused(
    engine: TTSEngine,
) -> None:
    with pytest.raises(UnsupportedText, match="can't speak this language"):
        engine.speak("Hyvää huomenta", load_style("af_heart"), "fi")


@pytest.mark.parametrize("text", ["", "   ", "早上好"])
def test_a_text_without_anything_readable_is_refused(engine: TTSEngine, text: str) -> None:
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
def test_invalid_or_silent_engine_output_is_refused(samples: np.ndarray, words: str) -> None:
    with pytest.raises(TTSError, match=words):
        _check(samples)


def test_changed_weights_are_not_loaded(tmp_path) -> None:
    weights = tmp_path / "kokoro-v1.0.int8.onnx"
    weights.write_bytes(b"something else")

    with pytest.raises(TTSUnavailable, match="Delete that file"):
        TTSEngine(weights)
