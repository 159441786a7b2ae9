"""The index is stored on disk, read by every process, and never gives outdated answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.jobs.searches.index import build_due_indexes, build_index, list_scopes
from catalog.models import CatalogVersion, IndexFile, Membership, Team, Voice
from catalog.models.voices.versions import raise_version, touch_voices
from catalog.queries.voices.search import VoiceFilter, find_voices
from catalog.search.index import cache, snapshots, versions
from catalog.search.index.cache import INDEX_CACHE, IndexCache
from catalog.search.index.snapshots import forget_replaced_snapshots, read_mark
from catalog.services.annotations import star_voice, write_note
from catalog.services.collections import collect_voices, make_collection
from catalog.services.credentials.keys import share_credential
from catalog.services.voices.edit import archive_voices, rename_voice
from tests import factories
from tests.media import media_path

STARRED = {"starred": ("yes",)}


@pytest.fixture
def aurora(cast):
    cast.voice = factories.make_voice(cast.account, "Ada")
    factories.make_voice(cast.account, "Bob")
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    factories.make_voice(hidden, "Hidden")
    cast.teams = frozenset({cast.aurora.pk})
    build_index(cast.teams)
    return cast


def index_path(teams: frozenset[int]) -> Path:
    return media_path(read_mark(teams))


def names(user, **wanted) -> list[str]:
    assert INDEX_CACHE.find_index_version(
        frozenset(Team.objects.visible_to(user).values_list("pk", flat=True))
    )
    by_name = VoiceFilter(**{"sort": "name", **wanted})
    return [voice.shown_name for voice in find_voices(user, by_name).voices]


def test_team_members_share_an_index_and_see_only_visible_voices(aurora):
    assert names(aurora.mia) == ["Ada", "Bob"]
    assert names(aurora.ana) == ["Ada", "Bob", "Hidden"]
    assert names(aurora.mia, words="hidden") == []
    assert INDEX_CACHE.find_index_version(frozenset({aurora.borealis.pk})) is None


def test_every_change_is_visible_in_the_next_request(aurora):
    ana, mia, voice = aurora.ana, aurora.mia, aurora.voice
    assert names(mia) == ["Ada", "Bob"]

    rename_voice(ana, voice=voice, name="Zoe", now=factories.NOW)
    assert names(mia) == ["Bob", "Zoe"]
    star_voice(mia, voice=voice, is_on=True, now=factories.NOW)
    assert names(mia, chosen=STARRED) == ["Zoe"]
    assert names(ana, chosen=STARRED) == []
    star_voice(mia, voice=voice, is_on=False, now=factories.NOW)
    assert names(mia, chosen=STARRED) == []
    write_note(mia, voice=voice, text="for the trailer", now=factories.NOW)
    assert names(ana, words="trail") == ["Zoe"]
    mine = make_collection(
        mia, team=aurora.aurora, name="Mine", description="", is_shared=False, now=factories.NOW
    )
    wanted = {"collection": (str(mine.pk),)}
    assert names(mia, chosen=wanted) == []
    collect_voices(mia, collection=mine, voices=[voice], now=factories.NOW)
    assert names(mia, chosen=wanted) == ["Zoe"]
    assert names(ana, chosen=wanted) == []
    archive_voices(ana, team=aurora.aurora, voices=[voice], now=factories.NOW)
    assert names(mia) == ["Bob"]
    assert names(mia, chosen={"archived": ("yes",)}) == ["Zoe"]
    factories.make_voice(aurora.account, "Cem")
    assert names(mia) == ["Bob", "Cem"]


def test_another_process_reads_the_same_file_and_adds_later_changes(aurora):
    factories.make_voice(aurora.account, "Cem")

    index = IndexCache().find_index_version(aurora.teams)

    assert [len(shard.segment.pks) for shard in index.shards] == [3, 1]


def test_unsharing_a_key_takes_effect_without_a_new_index(aurora):
    assert names(aurora.mia, words="ada") == ["Ada"]

    share_credential(aurora.ana, credential=aurora.credential, is_shared=False, now=factories.NOW)

    assert names(aurora.mia, words="ada") == []


def test_rolled_back_change_does_not_affect_the_index(aurora):
    with transaction.atomic():
        Voice.objects.filter(pk=aurora.voice.pk).update(archived_at=factories.NOW)
        touch_voices([aurora.voice.pk])
        transaction.set_rollback(True)

    assert names(aurora.mia) == ["Ada", "Bob"]


def test_request_without_changes_reads_only_the_versions(aurora):
    INDEX_CACHE.find_index_version(aurora.teams)

    with CaptureQueriesContext(connection) as seen:
        INDEX_CACHE.find_index_version(aurora.teams)

    assert len(seen) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Checks SQLite's query plan.")
def test_changes_are_read_with_an_index_and_no_full_scan(aurora):
    INDEX_CACHE.find_index_version(aurora.teams)
    touch_voices([aurora.voice.pk])
    with CaptureQueriesContext(connection) as seen:
        INDEX_CACHE.find_index_version(aurora.teams)

    plans = []
    with connection.cursor() as cursor:
        for query in seen:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans += [line for *_, line in cursor.fetchall() if "catalog_voice " in line]
    assert len(plans) >= 2
    assert all("voice_by_account_version (account_id=? AND version>?)" in line for line in plans)


def test_sql_answers_if_the_index_is_far_behind(aurora, monkeypatch):
    monkeypatch.setattr(cache, "MOST_CHANGED", 1)
    assert names(aurora.mia) == ["Ada", "Bob"]
    for name in ("Cem", "Dan"):
        factories.make_voice(aurora.account, name)

    assert INDEX_CACHE.find_index_version(aurora.teams) is None
    assert len(find_voices(aurora.mia, VoiceFilter()).voices) == 4

    build_index(aurora.teams)
    assert names(aurora.mia) == ["Ada", "Bob", "Cem", "Dan"]


def test_index_with_many_changes_is_replaced_by_a_newer_one(aurora, monkeypatch):
    monkeypatch.setattr(versions, "MOST_CHANGED", 1)
    assert names(aurora.mia) == ["Ada", "Bob"]
    for name in ("Cem", "Dan"):
        factories.make_voice(aurora.account, name)
    assert len(INDEX_CACHE.find_index_version(aurora.teams).shards) > 1
    build_index(aurora.teams)
    raise_version(aurora.aurora.pk)

    assert len(INDEX_CACHE.find_index_version(aurora.teams).shards) == 1


@pytest.mark.parametrize("content", [b"", b"torn", b"voiceboard index\n\xff\xff\xff"])
def test_invalid_index_file_is_dropped_and_rebuilt(aurora, content):
    index_path(aurora.teams).write_bytes(content)

    assert INDEX_CACHE.find_index_version(aurora.teams) is None
    assert build_due_indexes() == [aurora.teams]
    assert names(aurora.mia) == ["Ada", "Bob"]


def test_truncated_index_file_is_dropped(aurora):
    path = index_path(aurora.teams)
    path.write_bytes(path.read_bytes()[:-100])

    assert INDEX_CACHE.find_index_version(aurora.teams) is None
    assert read_mark(aurora.teams) is None


def test_missing_index_file_is_rebuilt(aurora):
    index_path(aurora.teams).unlink()

    assert INDEX_CACHE.find_index_version(aurora.teams) is None
    assert build_due_indexes() == [aurora.teams]
    assert names(aurora.mia) == ["Ada", "Bob"]


def test_replaced_index_files_are_removed_after_an_hour(aurora):
    old = index_path(aurora.teams)
    build_index(aurora.teams)
    now = datetime.now(UTC)

    assert forget_replaced_snapshots(now + timedelta(minutes=50)) == 0
    assert forget_replaced_snapshots(now + timedelta(minutes=70)) == 1
    assert not old.exists()
    assert names(aurora.mia) == ["Ada", "Bob"]


def test_index_of_another_layout_is_left_to_the_version_that_made_it(aurora):
    IndexFile.objects.update(layout=4)

    assert INDEX_CACHE.find_index_version(aurora.teams) is None
    build_due_indexes()

    assert sorted(IndexFile.objects.values_list("layout", flat=True)) == [4, snapshots._LAYOUT]


def test_index_newer_than_the_database_is_not_used(aurora):
    assert names(aurora.mia) == ["Ada", "Bob"]
    CatalogVersion.objects.update(number=1)

    assert INDEX_CACHE.find_index_version(aurora.teams) is None
    assert build_due_indexes() == [aurora.teams]
    assert INDEX_CACHE.find_index_version(aurora.teams).versions == {aurora.aurora.pk: 1}


def test_index_file_is_readable_only_by_its_owner(aurora):
    assert index_path(aurora.teams).stat().st_mode & 0o077 == 0


def test_least_recently_used_index_is_evicted_when_memory_is_full(aurora, settings):
    both = frozenset({aurora.aurora.pk, aurora.borealis.pk})
    factories.make_voice(aurora.other_account, "Foreign")
    build_index(both)
    settings.INDEX_MAX_BYTES = 1

    assert INDEX_CACHE.find_index_version(aurora.teams)
    assert INDEX_CACHE.find_index_version(both)
    assert list(INDEX_CACHE._entries) == [both]


def test_member_of_two_teams_finds_only_voices_of_the_selected_team(aurora):
    factories.make_voice(aurora.other_account, "Foreign")
    second = Membership.objects.create(user=aurora.sam, team=aurora.aurora)
    other = frozenset({aurora.borealis.pk})

    assert list_scopes() == [aurora.teams, other]
    assert build_due_indexes() == [other]
    assert names(aurora.sam) == ["Foreign"]
    Membership.objects.filter(pk=second.pk).update(chosen_at=factories.NOW)
    assert names(aurora.sam) == ["Ada", "Bob"]


def test_index_is_due_if_it_is_missing_or_far_behind(cast, monkeypatch):
    monkeypatch.setattr("catalog.jobs.searches.index._MOST_CHANGED", 1)
    assert build_due_indexes() == []  # there are no voices
    factories.make_voice(cast.account)
    teams = frozenset({cast.aurora.pk})

    assert build_due_indexes() == [teams]
    factories.make_voice(cast.account)
    assert build_due_indexes() == []
    factories.make_voice(cast.account)
    assert build_due_indexes() == [teams]
