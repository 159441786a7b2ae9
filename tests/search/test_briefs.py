"""What is understood of a brief."""

import pytest
from hypothesis import given

from catalog.search.briefs import read_brief
from catalog.search.nodes import NOTHING, Not, Value, Word
from tests.search.test_syntax import ANYTHING

KNOWN = ("adam", "husk", "soldier", "cold")


def read(text: str):
    return read_brief(text, lambda term: any(word.startswith(term) for word in KNOWN))


def labels(text: str) -> list[str]:
    brief = read(text)
    return [criterion.label for criterion in brief.criteria] if brief else []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warm British female narration", ["warm", "British accent", "female", "narration"]),
        ("I need a woman who sounds calm, please", ["female", "calm"]),
        ("granny", ["female", "old"]),
        ("little boy character", ["child", "male", "characters"]),
        ("movie trailer voice", ["dramatic"]),
        ("call center", ["customer support"]),
        ("a voice for our help line", ["customer support"]),
        ("custmer suport", ["customer support"]),
        ("wram yung lady", ["warm", "young", "female"]),
        ("storytellers", ["narration"]),
        ("British English lady", ["British accent", "female"]),
        ("french", ["French"]),
        ("french accent", ["French accent"]),
        ("Brazilian Portuguese", ["Brazilian accent"]),
        ("man or woman", ["male or female"]),
        ("upbeat", ["energetic or cheerful"]),
        ("35 years old man", ["middle aged", "male"]),
        ("australian soldier", ["Australian accent", "soldier"]),
        ("junge Frau, fröhlich, Werbung", ["young", "female", "cheerful", "advertising"]),
        ("voz femenina cálida para audiolibro", ["female", "warm", "audiobook"]),
        ("voix grave masculine documentaire", ["deep", "male", "narration"]),
        ("温柔女声 客服", ["gentle", "female", "customer support"]),
        ("落ち着いた男性 ナレーション", ["calm", "male", "narration"]),
    ],
)
def test_words_are_understood_in_six_languages(text, expected):
    assert sorted(labels(text)) == sorted(expected)


@pytest.mark.parametrize("text", ["", "adam", "adam soldier", "qqqq", "the voice of", "not posh"])
def test_text_that_asks_for_nothing_known_is_no_brief(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("lady, not too old", Value("age", ("old",))),
        ("warm not male", Value("gender", ("male",))),
        ("woman without soldier", Word("soldier", frozenset({"name", "labels", "text", "team"}))),
        ("weiblich, nicht alt", Value("age", ("old",))),
    ],
)
def test_a_negation_excludes_the_next_word(text, excluded):
    brief = read(text)

    assert [criterion.node for criterion in brief.excluded] == [excluded]
    assert Not(excluded) in brief.required.parts


def test_words_that_no_voice_has_are_left_out():
    assert read("female shopkeeper").left_out == ("shopkeeper",)
    # "cold" is one letter away from "bold", but some voice has it.
    assert labels("female cold") == ["female", "cold"]
    # No voice has "lazy", but it's more likely that than "lady".
    assert read("calm lazy").left_out == ("lazy",)


def test_a_label_that_contradicts_excludes_and_silence_does_not():
    gender, style = read("warm woman").criteria[1], read("warm woman").criteria[0]

    assert gender.against == Value("gender", ("male", "neutral"))
    assert style.against == NOTHING


def test_a_filter_decides_instead_of_the_words():
    brief = read("warm woman for a podcast")

    assert [criterion.label for criterion in brief.without({"gender", "use_case"}).criteria] == [
        "warm"
    ]


def test_other_words_dont_keep_out_what_fits_the_known_ones():
    assert read("raspy soldier").least_score == read("raspy").least_score


def test_what_comes_near_the_only_wish_is_a_result():
    brief = read("robot voice")
    near = next(points for node, points in brief.parts if node != brief.criteria[0].node)

    assert near >= brief.least_score


@given(ANYTHING)
def test_any_text_can_be_read(text):
    brief = read(text)

    assert brief is None or brief.least_score > 0
