"""Without words, the list starts with the user's own voices, then with a variety of others."""

from datetime import date, datetime, timedelta

import pytest

from catalog.jobs.searches.index import build_index
from catalog.models import Star, Voice
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import PAGE_SIZE, find_voice_ids, find_voices, get_list_context
from catalog.queries.voices.suggested import FrontReason
from catalog.search import suggested
from catalog.search.index.cache import INDEX_CACHE
from catalog.services.annotations import star_voice
from catalog.services.voices.edit import archive_voices, rename_voice
from tests import factories

ENGINES = pytest.mark.parametrize("is_indexed", [False, True], ids=["sql", "index"])
SOUND = "https://cdn.example.com/a.mp3"
LANGUAGES = ("en-US", "en-GB", "de", "fr", "ja")
NOW = factories.NOW


def make_many(account, names: list[str], **values: object) -> list[Voice]:
    return [
        factories.make_voice(
            account,
            name,
            languages=(LANGUAGES[place % 5],),
            gender=("female", "male")[place % 2],
            **{"preview_url": SOUND, **values},
        )
        for place, name in enumerate(names)
    ]


def use_index(cast, *, is_indexed: bool = True) -> None:
    if is_indexed:
        teams = frozenset({cast.aurora.pk})
        build_index(teams)
        assert INDEX_CACHE.find_index_version(teams)


def list_ids(user, page: int = 1, **wanted: object) -> list[int]:
    return find_voices(user, VoiceFilter(**wanted), page).ids


@ENGINES
def test_first_dozen_has_no_name_twice_and_many_languages(cast, is_indexed):
    make_many(cast.account, [f"Adam {number}" for number in range(60)])
    make_many(cast.account, [f"{name} {n}" for n in range(5) for name in "BCDEFGHIJKLM"])
    use_index(cast, is_indexed=is_indexed)

    dozen = find_voices(cast.ana, VoiceFilter()).voices[:12]

    assert len({voice.name.split()[0] for voice in dozen}) == 12
    assert {voice.language[:2] for voice in dozen} == {"en", "de", "fr", "ja"}
    assert {voice.gender for voice in dozen} == {"female", "male"}


@ENGINES
def test_voices_without_sound_come_last(cast, is_indexed):
    # Languages take turns only among voices that can be heard.
    values = {"languages": ("ja-JP",), "gender": "female"}
    silent = [factories.make_voice(cast.account, name, **values) for name in "ABC"]
    silent += make_many(cast.account, ["D"], state="pending")
    playing = [
        factories.make_voice(cast.account, name, preview_url=SOUND, languages=("en-US",))
        for name in "EFG"
    ]
    use_index(cast, is_indexed=is_indexed)

    ids = list_ids(cast.ana)

    assert set(ids[:3]) == {voice.pk for voice in playing}
    assert set(ids[3:]) == {voice.pk for voice in silent}


@ENGINES
def test_pages_repeat_no_voice_and_new_voices_find_their_place(cast, is_indexed, monkeypatch):
    monkeypatch.setattr(suggested, "HEAD", 30)
    made = make_many(cast.account, [f"N{number % 7} x" for number in range(3 * PAGE_SIZE)])
    use_index(cast, is_indexed=is_indexed)
    star_voice(cast.ana, voice=made[7], is_on=True, now=NOW)
    # With an index, these are in a second, small segment.
    rename_voice(cast.ana, voice=made[40], name="Zoe", now=NOW)
    made += make_many(cast.account, ["New", "Newer"])

    paged = [pk for page in (1, 2, 3, 4) for pk in list_ids(cast.ana, page)]

    assert paged[0] == made[7].pk
    assert len(paged) == len(set(paged)) == len(made)
    assert paged == find_voice_ids(cast.ana, VoiceFilter())


@ENGINES
def test_archiving_or_starring_a_voice_leaves_the_order_of_the_others(cast, is_indexed):
    names = [f"{name} {n}" for n in range(4) for name in "ABCDEFGHIJKLM"]
    made = {voice.pk: voice for voice in make_many(cast.account, names)}
    use_index(cast, is_indexed=is_indexed)
    before = list_ids(cast.ana)

    archive_voices(cast.ana, team=cast.aurora, voices=[made[before[3]]], now=NOW)
    archived = list_ids(cast.ana)
    star_voice(cast.ana, voice=made[before[8]], is_on=True, now=NOW)
    starred = list_ids(cast.ana)

    assert archived[:-1] == [pk for pk in before if pk != before[3]]
    others = [pk for pk in archived if made[pk].name[0] != made[before[8]].name[0]]
    assert [pk for pk in starred[1:] if pk in others] == others


@ENGINES
def test_own_voices_come_first_each_with_its_reason(cast, is_indexed):
    others = make_many(cast.account, [f"{name} 1" for name in "ABCDEFGHIJKL"])
    clones = [factories.make_clone(cast.account, f"Clone {place}") for place in range(10)]
    for place, clone in enumerate(clones):
        made_at = NOW + timedelta(hours=place)
        done = {"state": "ready", "created_at": made_at}
        job = factories.make_job(cast.ana, cast.credential, voice=clone, **done)
    # Another provider's clone of the same batch.
    twin = factories.make_clone(cast.account, "Clone 9")
    factories.make_job(cast.ana, cast.credential, voice=twin, batch=job.batch, **done)
    factories.make_speech(cast.ana, others[3], created_at=NOW)
    factories.make_speech(cast.mia, others[4], created_at=NOW)
    for place, voice in enumerate([*others[5:12], *clones[:3]]):
        Star.objects.create(user=cast.ana, voice=voice, starred_at=NOW + timedelta(hours=place))
    Star.objects.create(user=cast.mia, voice=others[0], starred_at=NOW)
    use_index(cast, is_indexed=is_indexed)

    page = find_voices(cast.ana, VoiceFilter())
    reasons = [page.reasons.get(pk, FrontReason("")).on_day(NOW.date()) for pk in page.ids]

    # Of ten stars and ten clones, the newest eight; a clone that is starred counts as starred.
    expected = [""] * 8 + ["Your clone"] * 7 + ["Used today"]
    assert reasons == expected + [""] * (len(page.ids) - 16)
    starred = [*clones[2::-1], *others[11:6:-1]]
    assert page.ids[:8] == [voice.pk for voice in starred]
    assert page.ids[8] in {clones[9].pk, twin.pk}
    assert page.ids[9:16] == [voice.pk for voice in (*clones[8:2:-1], others[3])]


def test_archived_voices_are_not_in_front_and_filters_keep_the_front(cast):
    ada, bob = make_many(cast.account, ["Ada", "Bob"])
    make_many(cast.account, ["Cy", "Di"])
    for voice in (ada, bob):
        star_voice(cast.ana, voice=voice, is_on=True, now=NOW)
    assert set(list_ids(cast.ana)[:2]) == {ada.pk, bob.pk}
    assert list_ids(cast.ana, chosen={"gender": ("male",)})[0] == bob.pk

    archive_voices(cast.ana, team=cast.aurora, voices=[bob], now=NOW)

    assert bob.pk not in get_list_context(cast.ana).front
    assert list_ids(cast.ana)[0] == ada.pk


def test_words_and_chosen_orders_leave_the_suggested_order(cast):
    ada, _, zoe = make_many(cast.account, ["Ada", "Bob", "Zoe"])
    star_voice(cast.ana, voice=zoe, is_on=True, now=NOW)

    assert list_ids(cast.ana)[0] == zoe.pk
    for wanted in ({"sort": "name"}, {"words": "gender:female"}):
        page = find_voices(cast.ana, VoiceFilter(**wanted))
        assert (page.ids[0], page.reasons) == (ada.pk, {})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 21), "Used today"),
        (date(2026, 11, 20), "Used yesterday"),
        (date(2026, 11, 17), "Used Tuesday"),
        (date(2026, 11, 14), "Used Nov 14"),
        (date(2025, 11, 14), "Used Nov 14, 2025"),
    ],
)
def test_use_is_told_by_its_day(day, expected):
    used_at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=NOW.tzinfo)

    assert FrontReason(used_at=used_at).on_day(NOW.date()) == expected
