"""Voice match: finding a hidden voice, progress reports, and warnings about weak results."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.audio.embeddings.encoders import CAMPlusPlus, campplus, ge2e, point
from catalog.audio.embeddings.waveform import RATE, NotAWave
from catalog.audio.matching import features, search
from catalog.audio.matching.features import listen, score
from catalog.audio.matching.search import MatchProgress, VoiceMatch, glance, match_voice
from catalog.audio.matching.table import load_table
from catalog.audio.tts.engine import RATE as SPEECH_RATE
from catalog.audio.tts.engine import TTSEngine
from catalog.audio.tts.styles import blend_styles, style_names


class Ear:
    """A fake encoder that embeds the weights of a blend instead of its speech."""

    def __init__(self, seed: int, size: int = 256) -> None:
        random = np.random.default_rng(seed)
        self._turn = random.standard_normal((len(load_table().names), size))

    def embed(self, wave: np.ndarray, rate: int = RATE) -> np.ndarray:
        return point(1 + np.tanh(wave @ self._turn)).astype(np.float32)


def say(text: str, weights: np.ndarray) -> tuple[np.ndarray, int]:
    return weights, RATE


def say_nothing_of_it(progress: MatchProgress) -> None:
    pass


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace both search encoders and the judging encoder with fakes, and limit to 6 tries."""
    first, second, judge = Ear(1), Ear(3, CAMPlusPlus.size), Ear(2)
    monkeypatch.setattr(features, "ge2e", lambda: first)
    monkeypatch.setattr(features, "campplus", lambda: second)
    monkeypatch.setattr(search, "voicefilter", lambda: judge)
    table = load_table()
    known = replace(table, heard=np.array([listen(row, RATE) for row in table.weights]))
    monkeypatch.setattr(search, "load_table", lambda: known)
    monkeypatch.setattr(search, "TRIES", 6)


def hide_voice() -> np.ndarray:
    """Return a blend of three voices that isn't in the table."""
    weights = np.zeros(54, np.float32)
    weights[[3, 17, 40]] = 0.5, 0.3, 0.2
    return weights


def test_a_hidden_blend_is_matched_more_closely_than_by_any_stock_voice(ears):
    found = match_voice(hide_voice(), RATE, say, say_nothing_of_it)

    assert found.similarity > found.nearest_similarity + 0.01
    assert found.weights.sum() == pytest.approx(1, abs=1e-3)
    assert found.nearest == load_table().names[3]


def test_the_same_sample_always_gives_the_same_voice(ears):
    first, second = (match_voice(hide_voice(), RATE, say, say_nothing_of_it) for _ in range(2))

    assert np.array_equal(first.weights, second.weights)


def test_a_glance_finds_the_nearest_voice_and_a_blend_without_any_tries(ears):
    found = glance(hide_voice(), RATE)

    assert found.nearest == load_table().names[3]
    assert found.blend.argmax() == 3
    assert found.blend.sum() == pytest.approx(1, abs=1e-5)


def test_every_try_is_reported(ears):
    steps_reported: list[MatchProgress] = []

    found = match_voice(hide_voice(), RATE, say, steps_reported.append)

    assert [step.done for step in steps_reported] == list(range(1, 7))
    assert {step.total for step in steps_reported} == {6}
    assert found.tries == 6


def test_the_search_stops_at_its_time_limit_with_the_best_so_far(ears, monkeypatch):
    monkeypatch.setattr(search, "_CPU_SECONDS", -1.0)
    monkeypatch.setattr(search, "_LEAST_TRIES", 2)

    found = match_voice(hide_voice(), RATE, say, say_nothing_of_it)

    assert found.tries == 2


def test_an_error_in_the_speech_engine_ends_the_search(ears):
    def break_down(text: str, weights: np.ndarray) -> tuple[np.ndarray, int]:
        raise RuntimeError("no engine")

    with pytest.raises(RuntimeError, match="no engine"):
        match_voice(hide_voice(), RATE, break_down, say_nothing_of_it)


def test_a_sample_with_invalid_values_is_refused():
    with pytest.raises(NotAWave):
        match_voice(np.full(RATE, np.nan, np.float32), RATE, say, say_nothing_of_it)


@pytest.mark.parametrize(
    ("nearest", "similarity", "word"),
    [(0.3, 0.5, "weak"), (0.7, 0.71, "hardly closer"), (0.5, 0.7, "")],
)
def test_a_weak_match_has_a_warning(nearest, similarity, word):
    found = VoiceMatch(np.zeros(54, np.float32), "af_heart", nearest, similarity, 40)

    assert word in found.warning
    assert bool(found.warning) == bool(word)


def test_the_table_covers_all_voices_of_the_engine():
    table = load_table()

    assert table.names == style_names()
    assert np.allclose(table.weights.sum(axis=1), 1, atol=0.05)
    assert np.array_equal(table.weights[:54], np.eye(54))


def test_converting_a_point_to_weights_and_back_gives_the_same_point():
    table = load_table()
    place = table.place_of(hide_voice())

    again = table.weights_of(place)

    assert table.place_of(again) == pytest.approx(place, abs=1e-4)
    assert again.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("row", [0, 60], ids=["a stock voice", "a blend"])
def test_the_table_matches_what_the_engine_speaks(engine: TTSEngine, row: int):
    table = load_table()

    spoken = engine.speak(search.SPOKEN, blend_styles(table.weights[row]))
    heard = listen(spoken, SPEECH_RATE)

    assert score(table.heard[row : row + 1], heard)[0] > 0.95
    assert score(table.heard[30:31], heard)[0] < 0.9


def make_impression(ours: np.ndarray, theirs: np.ndarray, pitch: float) -> np.ndarray:
    return np.concatenate([point(ours), point(theirs), [pitch]]).astype(np.float32)


def test_the_score_uses_both_encoders_and_the_pitch():
    random = np.random.default_rng(5)
    ours, theirs = random.standard_normal(ge2e().size), random.standard_normal(campplus().size)
    target = make_impression(ours, theirs, 7.9)
    heard = [
        target,
        make_impression(random.standard_normal(ours.size), theirs, 7.9),
        make_impression(ours, random.standard_normal(theirs.size), 7.9),
        make_impression(ours, theirs, 7.2),
    ]

    same, *others = score(np.array(heard), target)

    assert same == pytest.approx(1, abs=1e-5)
    assert max(others) < 0.95
