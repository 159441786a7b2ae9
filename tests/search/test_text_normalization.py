"""Folding text and splitting it into terms, the same way for rows and queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.text_normalization import (
    fold_text,
    index_terms,
    join_terms,
    phrase_terms,
    query_terms,
    sort_key,
)


def finds(query: str, text: str) -> bool:
    """Return whether every term of the query is a prefix of a term in the text."""
    terms = index_terms(text)
    wanted = query_terms(query)
    return bool(wanted) and all(any(t.startswith(each) for t in terms) for each in wanted)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zoë ÉLAN", "zoe elan"),
        ("Straße", "strasse"),
        ("ﬁne Ｗｉｄｅ", "fine wide"),
        ("Łódź Søren Þór", "lodz soren thor"),
        ("小美", "小美"),
        ("がく", "がく"),
        ("Ёлка", "елка"),
        ("أحمد", "احمد"),
        ("50% off_now", "50% off_now"),
    ],
)
def test_folding_removes_case_and_accents(text, folded):
    assert fold_text(text) == folded


def test_composed_and_decomposed_letters_fold_the_same():
    assert fold_text("Amélie 한국어") == fold_text("Ame\u0301lie 한국어")


@pytest.mark.parametrize(
    ("query", "text", "is_found"),
    [
        ("male", "a female voice", False),
        ("fem", "a female voice", True),
        ("o'b", "Mary O'Brien", True),
        ("brien", "Mary O'Brien", True),
        ("soft", "soft_spoken", True),
        ("spoken", "soft_spoken", True),
        ("100", "100% warm", True),
        ("美", "小美丽", True),
        ("小", "小美丽", True),
        ("丽", "小美丽", True),
        ("美丽", "小美丽", True),
        ("小丽", "小美丽", False),
        ("東京", "東京の声", True),
        ("สวัส", "สวัสดี", True),
        ("صوت", "الصوت الدافئ", True),
        ("الصوت", "صوت دافئ", True),
        ("دافئ", "الصوت الدافئ", True),
        ("हिन्दी", "हिन्दी आवाज़", True),
        ("আ", "हिन्दी", False),
        ("한국", "한국어 음성", True),
    ],
)
def test_query_matches_word_prefixes_in_every_script(query, text, is_found):
    assert finds(query, text) is is_found


@given(st.text(max_size=30))
def test_text_with_terms_matches_itself(text):
    assert finds(text, text) is bool(index_terms(text))


@given(st.text(max_size=30), st.text(max_size=10))
def test_terms_contain_no_special_characters(text, other):
    for term in [*index_terms(text), *query_terms(text)]:
        assert term
        assert not set(term) & set(" %_\\'\"()*:&|!<>-^{}[]")
    assert join_terms(text, other).split() == [*index_terms(text), *index_terms(other)]


def test_phrase_in_a_script_without_spaces_matches_inside_longer_text():
    line = join_terms("小美丽的声音")

    assert f" {' '.join(phrase_terms('小美丽'))} " in line
    assert f" {' '.join(phrase_terms('小美声'))} " not in line


def test_names_sort_without_accents_and_with_numbers_by_value():
    names = ["Voice 10", "Émile", "“Quoted”", "voice 9", "zoe", "Anna", "Ørsted"]

    assert sorted(names, key=sort_key) == [
        "Anna", "Émile", "Ørsted", "“Quoted”", "voice 9", "Voice 10", "zoe"
    ]  # fmt: skip
