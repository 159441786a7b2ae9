"""The sentence of a consent is recognized despite small mistakes, and no other one passes."""

import pytest

from catalog.audio.analysis.spoken_phrase import (
    DOUBTFUL,
    FAILED,
    PASSED,
    judge_speaker,
    judge_words,
    match_phrase,
)

PHRASE = (
    "I, Ada Miller, allow Aurora to make a copy of my voice for any lawful use until March 3,"
    " 2029. Castle, umbrella, lemon, jacket, sunday."
)
WORDS = ["castle", "umbrella", "lemon", "jacket", "sunday"]


def judge(heard: str, words: list[str] | None = None) -> str:
    match = match_phrase(heard, PHRASE, words or WORDS, "en")
    return judge_words(match.found, match.share)


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (PHRASE, PASSED),
        # Names and numbers are heard in another way, and one word is lost or joined.
        (
            "I either millar allow a roar at to make a copy of my voice for any lawful use until"
            " March third 2029. Castle umbrellalemon check it Sunday",
            PASSED,
        ),
        (PHRASE.replace("lemon, jacket", "melon, bottle"), DOUBTFUL),
        # The right words, but not what the speaker agrees to.
        ("Castle, umbrella, lemon, jacket, sunday", FAILED),
        # An old recording of the sentence, with other words.
        (PHRASE.partition("Castle")[0] + "River, tiger, window, apple, pillow", FAILED),
        # The words in another order.
        (PHRASE.partition("Castle")[0] + "Sunday, jacket, lemon, umbrella, castle", FAILED),
        ("", FAILED),
    ],
)
def test_what_was_heard_decides(heard, outcome):
    assert judge(heard) == outcome


def test_accents_case_and_split_words_make_no_difference():
    phrase = (
        "Moi, Zoé, j'autorise Aurore jusqu'au 3 mars 2029. École, hélicoptère, forêt, été, île."
    )
    words = ["école", "hélicoptère", "forêt", "été", "île"]
    heard = "moi zoe j autorise aurore jusqu au 3 mars 2029 ECOLE heli coptere foret ete ile"

    match = match_phrase(heard, phrase, words, "fr")

    assert match.found == 5
    assert match.share > 0.8


def test_languages_without_spaces_are_compared_by_characters():
    phrase = "我，李娜，允许极光复制我的声音，直到2029年3月3日。苹果，雨伞，森林，钢琴，月亮。"
    words = ["苹果", "雨伞", "森林", "钢琴", "月亮"]

    assert match_phrase(phrase.replace("，", ""), phrase, words, "zh").found == 5
    assert match_phrase(phrase.partition("苹果")[0], phrase, words, "zh").found == 0


def test_voice_that_is_neither_alike_nor_different_is_left_to_a_person():
    assert [judge_speaker(score) for score in (0.8, 0.55, 0.2)] == [PASSED, DOUBTFUL, FAILED]
