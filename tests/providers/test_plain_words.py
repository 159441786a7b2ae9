"""Reading labels from lists of words, in English and Chinese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers.labels import plain_words


@pytest.mark.parametrize(
    ("text", "gender", "age", "languages"),
    [
        ("English,Young,Male", "male", "young", ("en",)),
        ("中文，青年，男，磁性，舒缓", "male", "young", ("zh",)),
        ("英文女声", "female", "", ("en",)),
        ("日语男", "male", "", ("ja",)),
        ("gender: female; age=old | Language：pt-BR", "female", "old", ("pt-BR",)),
        ("lang: no", "", "", ("no",)),
        ("en-US, zh_CN", "", "", ("en-US", "zh-CN")),
        ("English、French / 粤语", "", "", ("en", "fr", "yue")),
        ("中年\n老年", "", "", ()),
        ("male, Female", "", "", ()),
        ("温柔女声", "", "", ()),
        ("female,middle_aged,en,calm", "female", "middle_aged", ("en",)),
        ("zh|pl", "", "", ("zh", "pl")),
        ("no, is, it, hi, EN, calm, so-so", "", "", ()),
        ("a woman who speaks English", "", "", ()),
        ("", "", "", ()),
    ],
)
def test_only_unambiguous_words_are_read(text, gender, age, languages):
    said = plain_words(text)

    assert (said.gender, said.age, said.languages) == (gender, age, languages)


def test_contradicting_words_are_kept_as_raw_labels():
    said = plain_words("Male, 女, English")

    assert said.gender == ""
    assert said.raw == {"gender": "Male, 女", "language": "English"}


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text):
    said = plain_words(text)

    assert said.gender in {"", "male", "female", "neutral"}
    assert said.age in {"", "young", "middle_aged", "old"}
    assert set(said.raw) <= {"gender", "age", "language"}
