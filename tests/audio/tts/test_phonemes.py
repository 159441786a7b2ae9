import pytest

from catalog.audio.tts import phonemes
from catalog.audio.tts.errors import UnsupportedText
from catalog.audio.tts.phonemes import MOST_TOKENS, language_problem, phonemize


def test_short_sentences_are_joined_and_long_texts_split() -> None:
    assert len(phonemize("Hello. How are you?", "en-US")) == 1
    assert len(phonemize("This sentence is neither short nor very long. " * 12, "en-US")) > 2


@pytest.mark.parametrize("text", ["on and on and " * 200, "on, and " * 300])
def test_no_piece_exceeds_the_model_s_limit(text: str) -> None:
    pieces = phonemize(text, "en-GB")

    assert max(map(len, pieces)) <= MOST_TOKENS
    assert sum(map(len, pieces)) > MOST_TOKENS


def test_a_sentence_without_pauses_is_split_at_the_limit() -> None:
    assert [len(piece) for piece in phonemes._fit("a" * 1100)] == [300, 300, 300, 200]


def test_british_english_has_different_phonemes() -> None:
    assert phonemize("a bath", "en-GB") != phonemize("a bath", "en-US")


@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "extra “espeak”"), ("ja", "extra “japanese”"), ("zh", "Chinese")],
)
def test_a_language_whose_package_is_missing_says_what_to_install(
    language: str, words: str, monkeypatch
) -> None:
    monkeypatch.setattr(phonemes, "espeak_is_installed", lambda: False)
    monkeypatch.setattr(phonemes.importlib.util, "find_spec", lambda name: None)

    assert language_problem("en-US") == ""
    with pytest.raises(UnsupportedText, match=words):
        phonemize("hola", language)
