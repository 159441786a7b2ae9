"""The filter in the query string: any input is parsed without an error."""

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.forms.voices.filters import VoiceFilterForm
from catalog.queries.searches.filters import FACETS, LAYOUTS, SORTS, VoiceFilter


def read(query: str) -> VoiceFilterForm:
    return VoiceFilterForm(QueryDict(query))


def test_complete_query_string_is_parsed():
    form = read(
        "q=warm+voice&provider=elevenlabs&gender=female&gender=male&language=de&sort=newest"
        "&layout=list&page=3"
    )

    assert form.wanted.words == "warm voice"
    assert form.wanted.chosen["gender"] == ("female", "male")
    assert form.wanted.chosen["language"] == ("de",)
    assert (form.wanted.sort, form.wanted.layout, form.page_number) == ("newest", "list", 3)
    assert form.ignored == []


def test_empty_query_string_means_no_filter():
    form = read("")

    assert form.wanted.is_empty
    assert (form.wanted.sort, form.wanted.layout, form.page_number) == ("best", "cards", 1)
    assert form.wanted.query_string() == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("gender=robot", "There is no gender “robot”."),
        ("kind=alien", "There is no kind “alien”."),
        ("provider=nobody", "There is no provider “nobody”."),
        ("age=%00", "There is no age “ ”."),
        ("sort=password", "There is no sort “password”."),
        ("layout=pie", "There is no layout “pie”."),
        ("language=a%00b", "There is no language “a b”."),
        ("accent=" + "x" * 61, f"There is no accent “{'x' * 60}”."),
    ],
)
def test_unknown_value_is_ignored_with_a_message(query, words):
    form = read(f"{query}&gender=female")

    assert form.ignored == [words]
    assert form.wanted == VoiceFilterForm(QueryDict("gender=female")).wanted


def test_only_the_first_unknown_values_get_a_message():
    form = read("&".join(f"gender=wrong{place}" for place in range(1000)))

    assert len(form.ignored) == 3
    assert form.wanted.is_empty


def test_duplicate_and_empty_values_are_dropped():
    assert read("gender=male&gender=&gender=male").wanted.chosen["gender"] == ("male",)


def test_number_of_values_is_limited():
    form = read("&".join(f"accent=a{place}" for place in range(1000)))

    assert len(form.wanted.chosen["accent"]) == 40


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("1", 1),
        ("7", 7),
        ("0", 0),
        ("-1", 1),
        ("abc", 1),
        ("1.5", 1),
        ("1e9", 1),
        ("٣", 1),
        ("²", 1),
        (" 2", 1),
        ("1000000000", 10**9),
        ("9" * 31, 999_999_999_999),
        ("9" * 10_000, 999_999_999_999),
    ],
)
def test_page_number_is_limited_to_what_every_database_accepts(text, number):
    query = QueryDict(mutable=True)
    query["page"] = text

    assert VoiceFilterForm(query).page_number == number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  warm  ", "warm"),
        ("a\x00b", "a b"),
        ("a\x1b[31mb\r\nc", "a [31mb  c"),
        ("half \ud800 pair", "half ? pair"),
        ("turn\u202ed", "turn d"),
        ("x" * 10_000, "x" * 400),
        ("\u200b\u200b", ""),
    ],
)
def test_words_are_cleaned_and_cut(text, words):
    query = QueryDict(mutable=True)
    query["q"] = text

    form = VoiceFilterForm(query)

    assert form.wanted.words == words
    form.wanted.query_string().encode()


@settings(deadline=None)
@given(
    words=st.text(max_size=30),
    chosen=st.dictionaries(
        st.sampled_from(list(FACETS)), st.lists(st.text(max_size=8), max_size=3)
    ),
    sort=st.sampled_from(list(SORTS)) | st.text(max_size=5),
    layout=st.sampled_from(list(LAYOUTS)) | st.text(max_size=5),
    page=st.integers() | st.text(max_size=5),
)
def test_query_string_of_a_filter_parses_to_the_same_filter(words, chosen, sort, layout, page):
    query = QueryDict(mutable=True)
    for name, values in {**chosen, "q": [words], "sort": [sort], "layout": [layout]}.items():
        query.setlist(name, values)
    query["page"] = str(page)

    wanted = VoiceFilterForm(query).wanted
    again = VoiceFilterForm(QueryDict(wanted.query_string().removeprefix("?")))

    assert again.wanted == wanted
    assert again.ignored == []


def test_query_string_has_a_fixed_order():
    wanted = VoiceFilter(
        words="a b",
        chosen={"language": ("de",), "provider": ("x",), "gender": ("male", "female")},
        sort="-name",
        layout="list",
    )

    assert wanted.query_string(2) == (
        "?q=a+b&provider=x&language=de&gender=male&gender=female&sort=-name&layout=list&page=2"
    )
