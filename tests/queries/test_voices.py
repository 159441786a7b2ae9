"""Voices found by words and facets, in order and by pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Voice
from catalog.queries.filters import SORTS, VoiceFilter
from catalog.queries.voices import PAGE_SIZE, find_voices
from tests import factories


def names(page) -> list[str]:
    return [voice.name for voice in page.voices]


# Words


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("amélie", True),
        ("AMELIE", True),
        ("warm amelie", True),
        ("amelie warm", True),
        ("mel arm", True),
        ("amelie cold", False),
        ("小美", True),
        ("美", True),
        ("100%", True),
        ("%", True),
        ("0_0", False),
        ("soft_spoken", True),
        ("softXspoken", False),
        ("o'brien", True),
        ('"quoted"', True),
        ("back\\slash", True),
        ("'; DROP TABLE catalog_voice; --", False),
        ("(a+)+$", False),
        ("   ", True),
    ],
)
def test_every_word_is_found_anywhere_and_every_sign_is_meant_as_it_is(cast, words, is_found):
    factories.make_voice(
        cast.account,
        "Amélie 小美",
        description='Warm, 100% soft_spoken O\'Brien "quoted" back\\slash',
    )

    page = find_voices(cast.ana, VoiceFilter(words=words))

    assert (page.found_count == 1) is is_found


def test_a_sign_of_the_pattern_language_finds_only_itself(cast):
    factories.make_voice(cast.account, "Plain")

    for sign in ("%", "_", "\\", "*", "?"):
        assert find_voices(cast.ana, VoiceFilter(words=sign)).found_count == 0


def test_words_beyond_the_twelfth_are_left_aside_and_cost_nothing(cast):
    factories.make_voice(cast.account, "Ada")

    page = find_voices(cast.ana, VoiceFilter(words="ada " * 12 + "nowhere"))

    assert page.found_count == 1


# Order and pages


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Ánna", "anton", "Béla", "zoe"]),
        ("-name", ["zoe", "Béla", "anton", "Ánna"]),
        ("newest", ["Béla", "zoe", "Ánna", "anton"]),
        ("oldest", ["zoe", "Béla", "Ánna", "anton"]),
        ("language", ["Béla", "anton", "zoe", "Ánna"]),
    ],
)
def test_voices_are_sorted_and_those_without_a_date_come_last_both_ways(cast, sort, expected):
    made = factories.NOW
    account = cast.account
    factories.make_voice(account, "zoe", remote_created_at=made, languages=("en-US",))
    factories.make_voice(
        account, "Béla", remote_created_at=made + timedelta(days=1), languages=("de",)
    )
    factories.make_voice(account, "anton", languages=("en-US",))
    factories.make_voice(account, "Ánna", languages=("fr",))

    assert names(find_voices(cast.ana, VoiceFilter(sort=sort))) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_pages_show_every_voice_once_also_where_all_sort_alike(cast, sort):
    for _ in range(PAGE_SIZE * 2 + 5):
        factories.make_voice(cast.account, "Same")

    pages = [find_voices(cast.ana, VoiceFilter(sort=sort), number) for number in (1, 2, 3)]

    shown = [voice.pk for page in pages for voice in page.voices]
    assert len(set(shown)) == len(shown) == PAGE_SIZE * 2 + 5


@pytest.mark.parametrize(
    ("asked", "shown"), [(1, 1), (2, 2), (3, 3), (4, 3), (10**9, 3), (0, 1), (-1, 1), (10**12, 3)]
)
def test_a_page_outside_is_the_nearest_one(cast, asked, shown):
    for place in range(PAGE_SIZE * 2 + 1):
        factories.make_voice(cast.account, f"Voice {place:03d}")

    page = find_voices(cast.ana, VoiceFilter(words="voice"), asked)

    assert (page.page, page.page_count) == (shown, 3)
    first, last = {1: (1, 24), 2: (25, 48), 3: (49, 49)}[shown]
    assert (page.first, page.last) == (first, last)
    assert page.previous_query == {1: "", 2: "?q=voice", 3: "?q=voice&page=2"}[shown]
    assert page.next_query == {1: "?q=voice&page=2", 2: "?q=voice&page=3", 3: ""}[shown]


def test_the_second_page_of_everything_leads_back_to_the_plain_address(cast):
    for _ in range(PAGE_SIZE + 1):
        factories.make_voice(cast.account)

    assert find_voices(cast.ana, VoiceFilter(), 2).previous_query == "?"


def test_nothing_at_all_is_one_empty_page(cast):
    page = find_voices(cast.mia, VoiceFilter())

    assert (page.voices, page.found_count, page.total_count, page.page_count) == ([], 0, 0, 1)


def test_the_total_stays_while_filters_narrow(cast):
    factories.make_voice(cast.account, "Ann")
    factories.make_voice(cast.account, "Bea")

    page = find_voices(cast.ana, VoiceFilter(words="bea"))

    assert (page.found_count, page.total_count) == (1, 2)


# Who sees what, and what it costs


def test_gone_voices_and_those_of_hidden_or_foreign_accounts_are_neither_shown_nor_counted(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    factories.make_voice(hidden, "Hidden", accent="secret")
    factories.make_voice(cast.other_account, "Foreign", accent="abroad")
    factories.make_voice(cast.account, "Gone", gone_at=factories.NOW, accent="past")
    factories.make_voice(cast.account, "Seen", accent="here")

    page = find_voices(cast.mia, VoiceFilter())

    assert names(page) == ["Seen"]
    assert [choice.value for choice in page.facets[5].choices] == ["here"]
    assert names(find_voices(cast.ana, VoiceFilter())) == ["Hidden", "Seen"]


def test_more_voices_need_no_more_queries(cast):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = find_voices(cast.ana, VoiceFilter(words="voice", chosen={"gender": ("female",)}))
            for voice in page.voices:
                assert [*voice.tag_words, *voice.language_words, voice.info.label]
        return len(seen)

    factories.make_voice(cast.account, "Voice", gender="female")
    few = count_queries()
    for _ in range(PAGE_SIZE):
        factories.make_voice(cast.account, "Voice", gender="female")

    assert count_queries() == few <= 16
    assert Voice.objects.count() == PAGE_SIZE + 1
