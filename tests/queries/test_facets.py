"""The groups of choices beside the voices, their counts, and the filters that are on."""

import pytest

from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from tests import factories


def names(page) -> list[str]:
    return [voice.name for voice in page.voices]


@pytest.fixture
def shelf(cast):
    """Six voices: genders and languages in several mixtures, one of them without any label."""
    account = cast.account
    factories.make_voice(account, "Ann", gender="female", languages=("en-US",), age="young")
    factories.make_voice(account, "Bea", gender="female", languages=("de",), age="old")
    factories.make_voice(account, "Cem", gender="male", languages=("en-US", "de"), age="young")
    factories.make_voice(account, "Dan", gender="male", languages=("fr",), use_cases=("news",))
    factories.make_voice(account, "Eli", gender="neutral", languages=("en-US",))
    factories.make_voice(account, "Flo", languages=(), use_cases=(), accent="british")
    factories.make_voice(cast.other_account, "Foreign", gender="female")
    factories.make_voice(account, "Gone", gender="male", remote_deleted_at=factories.NOW)
    return account


def counts(page, facet: str) -> dict[str, int]:
    found = next(each for each in page.facets if each.name == facet)
    return {choice.value: choice.count for choice in (*found.choices, *found.more)}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["Ann", "Bea", "Cem", "Dan", "Eli", "Flo"]),
        ({"gender": ("female",)}, ["Ann", "Bea"]),
        ({"gender": ("female", "neutral")}, ["Ann", "Bea", "Eli"]),
        ({"gender": ("unknown",)}, ["Flo"]),
        ({"language": ("de",)}, ["Bea", "Cem"]),
        ({"language": ("de", "en-US")}, ["Ann", "Bea", "Cem", "Eli"]),
        ({"language": ("unknown",)}, ["Flo"]),
        ({"language": ("de",), "gender": ("male",)}, ["Cem"]),
        ({"use_case": ("news",)}, ["Dan"]),
        ({"accent": ("british",), "age": ("unknown",)}, ["Flo"]),
        ({"provider": ("elevenlabs",), "kind": ("unknown",), "age": ("old",)}, ["Bea"]),
        ({"language": ("xx",)}, []),
    ],
)
def test_values_of_a_group_add_up_and_groups_narrow_each_other(cast, shelf, chosen, expected):
    assert names(find_voices(cast.ana, VoiceFilter(chosen=chosen))) == expected


def test_the_counts_of_a_group_sum_to_everything_with_unknown_as_a_value(cast, shelf):
    page = find_voices(cast.ana, VoiceFilter())

    assert counts(page, "gender") == {"female": 2, "male": 2, "neutral": 1, "unknown": 1}
    assert counts(page, "age") == {"young": 2, "middle_aged": 0, "old": 1, "unknown": 3}
    for facet in ("provider", "kind", "gender", "age", "accent"):
        assert sum(counts(page, facet).values()) == page.found_count == 6
    assert counts(page, "language") == {"en-US": 3, "de": 2, "fr": 1, "unknown": 1}


def test_counts_say_what_ticking_would_show_and_leave_out_the_group_s_own_ticks(cast, shelf):
    page = find_voices(cast.ana, VoiceFilter(chosen={"gender": ("male",), "language": ("de",)}))

    assert names(page) == ["Cem"]
    assert counts(page, "gender") == {"female": 1, "male": 1, "neutral": 0, "unknown": 0}
    assert counts(page, "language") == {"en-US": 1, "de": 1, "fr": 1}
    assert counts(page, "age") == {"young": 1, "middle_aged": 0, "old": 0, "unknown": 0}


def test_words_narrow_the_counts_of_every_group(cast, shelf):
    page = find_voices(cast.ana, VoiceFilter(words="ann"))

    assert counts(page, "gender")["female"] == 1
    assert counts(page, "language") == {"en-US": 1}


def test_a_chosen_value_without_voices_stays_to_be_unticked(cast, shelf):
    page = find_voices(cast.ana, VoiceFilter(chosen={"language": ("ja",)}))

    language = next(facet for facet in page.facets if facet.name == "language")
    ticked = [choice for choice in language.choices if choice.is_on]
    assert [(choice.value, choice.label, choice.count) for choice in ticked] == [
        ("ja", "Japanese", 0)
    ]
    assert (language.on_count, language.is_open) == (1, True)


def test_many_values_are_folded_and_the_rarest_come_last_with_unknown_behind_all(cast):
    for place, accent in enumerate("abcdefgh", start=1):
        for _ in range(place):
            factories.make_voice(cast.account, accent=accent)
    for _ in range(20):
        factories.make_voice(cast.account, accent="unknown")

    page = find_voices(cast.ana, VoiceFilter(chosen={"accent": ("a",)}))
    facet = next(each for each in page.facets if each.name == "accent")

    assert [choice.value for choice in facet.choices] == list("hgfedc")
    assert [choice.value for choice in facet.more] == ["b", "a", "unknown"]
    assert facet.opens_more


# Chips and ways out


def test_every_active_filter_has_a_chip_that_leads_to_the_rest(cast, shelf):
    wanted = VoiceFilter(words="n", chosen={"gender": ("male", "female"), "language": ("fr",)})

    page = find_voices(cast.ana, wanted)

    assert [(chip.name, chip.label, chip.query) for chip in page.chips] == [
        ("Search", "n", "?language=fr&gender=male&gender=female"),
        ("Gender", "Male", "?q=n&language=fr&gender=female"),
        ("Gender", "Female", "?q=n&language=fr&gender=male"),
        ("Language", "French", "?q=n&gender=male&gender=female"),
    ]


def test_an_empty_result_names_only_filters_whose_removal_helps(cast, shelf):
    wanted = VoiceFilter(words="bea", chosen={"language": ("fr",), "age": ("old",)})

    page = find_voices(cast.ana, wanted)

    assert page.voices == []
    assert [(chip.name, chip.label, chip.count) for chip in page.relaxed] == [
        ("Language", "French", 1)
    ]
    assert page.relaxed[0].query == "?q=bea&age=old"


def test_a_result_that_holds_something_offers_no_way_out(cast, shelf):
    assert find_voices(cast.ana, VoiceFilter(words="bea")).relaxed == []
