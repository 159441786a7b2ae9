"""Sorting by rating, use, play, and slots, with SQL and with the index."""

from datetime import timedelta

import pytest

from catalog.jobs.searches.index import build_index
from catalog.models import Rating, Team, Voice, VoiceUsage
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import PAGE_SIZE, find_voice_ids, find_voices
from catalog.search.index.cache import INDEX_CACHE
from catalog.services.annotations import rate_voice
from catalog.services.usage import note_play
from catalog.services.voices.edit import rename_voice
from tests import factories

ENGINES = pytest.mark.parametrize("is_indexed", [False, True], ids=["sql", "index"])


@pytest.fixture
def voices(cast) -> dict[str, Voice]:
    """Return voices by name. Ann is a library voice; the others use slots."""
    tight = factories.make_account(cast.aurora, slots_used=9, slots_limit=10)
    endless = factories.make_account(cast.aurora, slots_limit=None)
    own = {"kind": "clone", "is_owned": True}
    return {
        "Ann": factories.make_voice(cast.account, "Ann"),
        "Bea": factories.make_voice(cast.account, "Bea", **own),
        "Cai": factories.make_voice(tight, "Cai", **own),
        "Dan": factories.make_voice(endless, "Dan", **own),
    }


def names(cast, sort: str, *, is_indexed: bool, **wanted: object) -> list[str]:
    if is_indexed:
        teams = frozenset(Team.objects.visible_to(cast.ana).values_list("pk", flat=True))
        build_index(teams)
        assert INDEX_CACHE.find_index_version(teams)
    return [voice.name for voice in find_voices(cast.ana, VoiceFilter(sort=sort, **wanted)).voices]


def use(voice: Voice, **values: object) -> None:
    VoiceUsage.objects.create(voice=voice, **values)


@ENGINES
def test_best_rated_voices_come_first_and_unrated_last(cast, voices, is_indexed):
    for person, name, value in [
        (cast.ana, "Cai", 5),
        (cast.mia, "Cai", 4),
        (cast.ana, "Dan", 5),
        (cast.mia, "Bea", 1),
    ]:
        Rating.objects.create(user=person, voice=voices[name], value=value)

    assert names(cast, "rating", is_indexed=is_indexed) == ["Dan", "Cai", "Bea", "Ann"]
    clones = {"chosen": {"kind": ("clone",)}}
    assert names(cast, "rating", is_indexed=is_indexed, **clones) == ["Dan", "Cai", "Bea"]


@ENGINES
def test_use_includes_the_provider_and_play_is_only_here(cast, voices, is_indexed):
    now, hour = factories.NOW, timedelta(hours=1)
    use(voices["Ann"], last_at=now, played_at=now - 3 * hour, provider_used_at=now - hour)
    use(voices["Bea"], provider_used_at=now + hour)
    use(voices["Cai"], last_at=now - hour, played_at=now - hour)

    assert names(cast, "used", is_indexed=is_indexed) == ["Bea", "Ann", "Cai", "Dan"]
    assert names(cast, "played", is_indexed=is_indexed) == ["Cai", "Ann", "Bea", "Dan"]


@ENGINES
def test_voices_of_the_fullest_account_come_first_and_those_without_slots_last(
    cast, voices, is_indexed
):
    assert names(cast, "slots", is_indexed=is_indexed) == ["Cai", "Bea", "Ann", "Dan"]


@ENGINES
def test_pages_and_export_continue_from_rated_to_unrated_voices(cast, is_indexed):
    made = [
        factories.make_voice(cast.account, f"V{place:03}") for place in range(2 * PAGE_SIZE + 3)
    ]
    for place, voice in enumerate(made[5:35]):
        Rating.objects.create(user=cast.ana, voice=voice, value=1 + place % 5)
    if is_indexed:
        names(cast, "rating", is_indexed=True)
        # This one is in a second, small segment of the index.
        rename_voice(cast.ana, voice=made[40], name="Zzz", now=factories.NOW)
    wanted = VoiceFilter(sort="rating")

    paged = [pk for page in (1, 2, 3) for pk in find_voices(cast.ana, wanted, page).ids]

    assert paged == find_voice_ids(cast.ana, wanted)
    assert sorted(paged) == sorted(voice.pk for voice in made)
    assert [pk in {voice.pk for voice in made[5:35]} for pk in paged] == [True] * 30 + [False] * 21
    assert paged[-1] == (made[40] if is_indexed else made[-1]).pk


def test_ratings_and_uses_by_other_teams_do_not_affect_the_order(cast, voices):
    theirs = factories.make_account(cast.borealis)
    factories.make_credential(cast.sam, theirs)
    other = factories.make_voice(theirs, "Edda")
    rate_voice(cast.sam, voice=other, value=5, now=factories.NOW)
    note_play(cast.sam, voice=other, now=factories.NOW)

    for sort in ("rating", "used", "played"):
        assert names(cast, sort, is_indexed=False) == sorted(voices)
