"""Finding voices by words and facets, sorting, and paging."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import PreviewClip, Voice, VoiceLabel
from catalog.queries.annotations import find_marks
from catalog.queries.preferences import count_news
from catalog.queries.searches.filters import COLUMNS, SORTS, VoiceFilter
from catalog.queries.voices.search import PAGE_SIZE, find_voices
from catalog.queries.voices.table import tabulate_voices
from catalog.templating.environment import find_macro
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
        ("am war", True),
        ("mel", False),
        ("amelie cold", False),
        ("小美", True),
        ("美", True),
        ("100%", True),
        ("0_0", False),
        ("soft_spoken", True),
        ("softXspoken", False),
        ("o'brien nowhere", False),
        ("o'brien", True),
        ('"quoted"', True),
        ("back\\slash", True),
        ('"soft spoken o"', True),
        ('"soft o"', False),
        ("-soft", False),
        ("amelie -cold", True),
        ("'; DROP TABLE catalog_voice; --", False),
        ("(a+)+$", True),
        ("   ", True),
    ],
)
def test_words_match_anywhere_and_special_characters_are_literal(cast, words, is_found):
    factories.make_voice(
        cast.account,
        "Amélie 小美",
        description='Warm, 100% soft_spoken O\'Brien "quoted" back\\slash',
    )

    page = find_voices(cast.ana, VoiceFilter(words=words))

    assert (page.found_count == 1) is is_found


def test_word_without_letters_is_ignored_with_a_note(cast):
    factories.make_voice(cast.account, "Plain")

    for sign in ("%", "_", "\\", "*", "?"):
        page = find_voices(cast.ana, VoiceFilter(words=sign))
        assert page.found_count == 1
        assert page.notes == (f"“{sign}” contains no letters to search for.",)


def test_words_after_the_twelfth_are_ignored(cast):
    factories.make_voice(cast.account, "Ada")

    page = find_voices(cast.ana, VoiceFilter(words="ada " * 12 + "nowhere"))

    assert page.found_count == 1


def test_male_does_not_find_female(cast):
    factories.make_voice(cast.account, "Ada", gender="female")
    factories.make_voice(cast.account, "Bob", gender="male")

    assert names(find_voices(cast.ana, VoiceFilter(words="male"))) == ["Bob"]


@pytest.fixture
def many(cast):
    account, other = cast.account, factories.make_account(cast.aurora, provider="inworld")
    ada = {"gender": "female", "age": "young", "preview_url": "https://cdn.example.com/a.mp3"}
    factories.make_voice(account, "Ada", languages=("en-GB", "de"), **ada)
    factories.make_clone(account, "Bob", gender="male", languages=("en-US",), age="old")
    factories.make_voice(other, "小美丽", gender="female", languages=("zh",), description="柔和")
    factories.make_voice(other, "الصوت الدافئ", languages=("ar",), state="pending")
    factories.make_voice(account, "Warm Eve", languages=(), details={"tags": ["friendly"]})
    return cast


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lang:en-GB", ["Ada"]),
        ("lang:en", ["Ada", "Bob"]),
        ("lang_code:de", []),
        ("gender:female", ["Ada", "小美丽"]),
        ("gender:female,male age:old", ["Bob"]),
        ("provider:inworld", ["الصوت الدافئ", "小美丽"]),
        ("kind:clone", ["Bob"]),
        ("has:preview", ["Ada"]),
        ("-has:preview gender:female", ["小美丽"]),
        ("is:pending", ["الصوت الدافئ"]),
        ("is:own", ["Bob"]),
        ("tag:friendly", ["Warm Eve"]),
        ("name:warm", ["Warm Eve"]),
        ("lang:unknown", ["Warm Eve"]),
        ("美丽", ["小美丽"]),
        ("柔和", ["小美丽"]),
        ("صوت", ["الصوت الدافئ"]),
        ('gender = "female" AND lang_code = "en"', ["Ada"]),
        ('gender != "female" AND NOT lang:ar', ["Bob", "Warm Eve"]),
        ("(gender=male OR lang:zh) -is:own", ["小美丽"]),
        ("gender = robot", []),
    ],
)
def test_fields_exclusions_and_expressions_find_the_right_voices(many, words, expected):
    assert names(find_voices(many.ana, VoiceFilter(words=words, sort="name"))) == expected


def test_accounts_speakers_notes_and_dates_can_be_searched_for(cast):
    day = factories.NOW
    shop = factories.make_account(cast.aurora, provider="inworld", label="Web shop")
    own = factories.make_voice(cast.account, "Ada", remote_created_at=day)
    factories.make_voice(shop, "Bob", remote_created_at=day + timedelta(days=400))
    factories.make_voice(shop, "Cem", archived_at=day)
    factories.make_note(cast.mia, own)
    factories.make_note(cast.mia, Voice.objects.get(name="Bob"), removed_at=day)
    key = factories.make_credential(cast.ana, cast.account)
    factories.make_job(cast.ana, key, voice=own)

    def found(words: str) -> list[str]:
        return names(find_voices(cast.ana, VoiceFilter(words=words, sort="name")))

    assert found("account:shop") == found("account:inw") == ["Bob"]
    assert found("-account:shop") == ["Ada"]
    assert found("account:nowhere") == []
    assert found("has:note") == found("speaker:ada") == ["Ada"]
    assert found("-speaker:ada") == ["Bob"]
    assert found(f"created:{day:%Y}") == ["Ada"]
    assert found(f"created > {day:%Y-%m-%d}") == ["Bob"]
    assert found("is:archived") == ["Cem"]
    assert found("is:archived account:shop") == ["Cem"]
    assert found("-is:archived account:shop") == ["Bob"]


def test_speaker_of_another_team_finds_nothing(cast):
    key = factories.make_credential(cast.ana, cast.account)
    voice = factories.make_voice(cast.account, "Ada")
    factories.make_job(cast.ana, key, voice=voice)

    assert find_voices(cast.mia, VoiceFilter(words="speaker:ada")).found_count == 1
    assert find_voices(cast.sam, VoiceFilter(words="speaker:ada")).found_count == 0


def test_invalid_expression_finds_nothing_and_shows_the_position(many):
    page = find_voices(many.ana, VoiceFilter(words="gender = robot"))

    assert (page.found_count, page.mistake.place) == (0, "robot")
    assert page.query_without_words == ""


@pytest.mark.parametrize(
    ("words", "expected", "respelled"),
    [
        ("wram", ["Warm Eve"], {"wram": ("warm",)}),
        ("warn", ["Warm Eve"], {"warn": ("warm",)}),
        ("waarm eve", ["Warm Eve"], {"waarm": ("warm",)}),
        ("wrm", [], {}),
        # Read as briefs: those that come close follow.
        ("wram nowhere", ["Warm Eve", "小美丽"], {}),
        ("gender:female wram", ["小美丽"], {}),
        ("wxyz", [], {}),
    ],
)
def test_typo_is_corrected_only_if_nothing_else_is_found(many, words, expected, respelled):
    page = find_voices(many.ana, VoiceFilter(words=words))

    assert names(page) == expected
    assert page.respelled == respelled


def test_word_with_matches_is_never_corrected(many):
    factories.make_voice(many.account, "Wram")

    assert names(find_voices(many.ana, VoiceFilter(words="wram"))) == ["Wram"]


def test_ids_are_found_by_prefix_but_not_by_typo_correction(many):
    factories.make_voice(many.account, "Zoe", remote_id="Zzzk7qQ", description="Warn")

    for words in ("zzzk", "zzz warn", "id:ZZZK7QQ"):
        assert names(find_voices(many.ana, VoiceFilter(words=words))) == ["Zoe"]
    for words in ("zzzz", "zzzj", "tag:zzzk7qq", "description:zzzk7qq"):
        assert names(find_voices(many.ana, VoiceFilter(words=words))) == []


def test_best_matches_have_the_word_in_the_most_relevant_field(cast):
    for name, description in (
        ("Zoe", "zesty and low"),
        ("The Zesty", ""),
        ("Zestyness", ""),
        ("Ann", "zesty"),
    ):
        factories.make_voice(cast.account, name, description=description)
    factories.make_voice(cast.account, "Label", raw_labels={"tone": "zesty"})

    assert names(find_voices(cast.ana, VoiceFilter(words="zesty"))) == [
        "Zestyness", "The Zesty", "Label", "Ann", "Zoe"
    ]  # fmt: skip


def test_gone_voices_are_found_when_asked_for(cast):
    factories.make_voice(cast.account, "Here")
    factories.make_voice(cast.account, "Gone", remote_deleted_at=factories.NOW)

    assert names(find_voices(cast.ana, VoiceFilter(words="is:gone"))) == ["Gone"]
    assert names(find_voices(cast.ana, VoiceFilter(words="-is:gone"))) == ["Here"]


# Sorting and paging


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
def test_voices_without_a_date_come_last_in_both_directions(cast, sort, expected):
    made = factories.NOW
    account = cast.account
    factories.make_voice(account, "zoe", remote_created_at=made, languages=("en-US",))
    factories.make_voice(
        account, "Béla", remote_created_at=made + timedelta(days=1), languages=("de",)
    )
    factories.make_voice(account, "anton", languages=("en-US",))
    factories.make_voice(account, "Ánna", languages=("fr",))

    assert names(find_voices(cast.ana, VoiceFilter(sort=sort))) == expected


def test_unknown_language_comes_last(cast):
    factories.make_voice(cast.account, "Nobody", languages=())
    factories.make_voice(cast.account, "Uzbek", languages=("uz",))

    assert names(find_voices(cast.ana, VoiceFilter(sort="language"))) == ["Uzbek", "Nobody"]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_show_each_voice_once_even_if_all_sort_equally(cast, sort):
    for _ in range(PAGE_SIZE * 2 + 5):
        factories.make_voice(cast.account, "Same")

    pages = [find_voices(cast.ana, VoiceFilter(sort=sort), number) for number in (1, 2, 3)]

    shown = [voice.pk for page in pages for voice in page.voices]
    assert len(set(shown)) == len(shown) == PAGE_SIZE * 2 + 5


@pytest.mark.parametrize(
    ("asked", "shown"), [(1, 1), (2, 2), (3, 3), (4, 3), (10**9, 3), (0, 1), (-1, 1), (10**12, 3)]
)
def test_page_out_of_range_becomes_the_nearest_page(cast, asked, shown):
    for place in range(PAGE_SIZE * 2 + 1):
        factories.make_voice(cast.account, f"Voice {place:03d}")

    page = find_voices(cast.ana, VoiceFilter(words="voice"), asked)

    assert (page.page, page.page_count) == (shown, 3)
    first, last = {1: (1, 24), 2: (25, 48), 3: (49, 49)}[shown]
    assert (page.first, page.last) == (first, last)
    assert page.previous_query == {1: "", 2: "?q=voice", 3: "?q=voice&page=2"}[shown]
    assert page.next_query == {1: "?q=voice&page=2", 2: "?q=voice&page=3", 3: ""}[shown]


def test_previous_link_of_page_2_without_filters_has_no_parameters(cast):
    for _ in range(PAGE_SIZE + 1):
        factories.make_voice(cast.account)

    assert find_voices(cast.ana, VoiceFilter(), 2).previous_query == "?"


def test_no_voices_give_one_empty_page(cast):
    page = find_voices(cast.mia, VoiceFilter())

    assert (page.voices, page.found_count, page.total_count, page.page_count) == ([], 0, 0, 1)


def test_total_count_does_not_depend_on_filters(cast):
    factories.make_voice(cast.account, "Ann")
    factories.make_voice(cast.account, "Bea")

    page = find_voices(cast.ana, VoiceFilter(words="bea"))

    assert (page.found_count, page.total_count) == (1, 2)


# Visibility and number of queries


def test_gone_hidden_and_foreign_voices_are_not_shown_or_counted(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    factories.make_voice(hidden, "Hidden", accent="secret")
    factories.make_voice(cast.other_account, "Foreign", accent="abroad")
    factories.make_voice(cast.account, "Gone", remote_deleted_at=factories.NOW, accent="past")
    factories.make_voice(cast.account, "Seen", accent="here")

    page = find_voices(cast.mia, VoiceFilter())

    assert names(page) == ["Seen"]
    assert [choice.value for choice in page.facets[5].choices] == ["here"]
    assert sorted(names(find_voices(cast.ana, VoiceFilter()))) == ["Hidden", "Seen"]


def test_more_voices_need_no_more_queries(cast):
    def add_voice() -> None:
        voice = factories.make_voice(
            cast.account, "Voice", gender="female", preview_url="https://cdn.example.com/a.mp3"
        )
        PreviewClip.objects.create(
            voice=voice, source="s", path=f"{voice.pk}.mp3", content_type="audio/mpeg", size=1,
            seconds=3.25, peaks=[10, 20], fetched_at=factories.NOW,
        )  # fmt: skip
        VoiceLabel.objects.create(voice=voice, facet="badge", value=Voice.Badge.EXPIRES)

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = find_voices(cast.ana, VoiceFilter(words="voice", chosen={"gender": ("female",)}))
            marks = find_marks(cast.ana, page.ids)
            rows = tabulate_voices(page.voices, marks, list(COLUMNS))
            assert all("Female" in row.cells for row in rows)
            draw_card = find_macro("parts/voices.html", "voice_card")
            for voice in page.voices:
                assert "3.2 s" in draw_card(voice, marks, (), may_speak=True)
        return len(seen)

    add_voice()
    count_queries()  # fills the cache of everything around the list
    few = count_queries()
    for _ in range(PAGE_SIZE):
        add_voice()
    count_queries()

    assert count_queries() == few <= 31
    assert Voice.objects.count() == PAGE_SIZE + 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Checks SQLite's query plan.")
def test_news_are_counted_with_the_index_and_no_full_scan(cast):
    factories.make_voice(cast.account)
    with CaptureQueriesContext(connection) as seen:
        count_news(cast.mia, factories.NOW)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {seen[-1]['sql']}")
        plan = str(cursor.fetchall())

    assert "voice_by_account_change (account_id=? AND changed_at>?)" in plan
