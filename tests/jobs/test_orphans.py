"""Stored files that no row names are deleted, and no others."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.core.media import get_media_store, has_media, store_media
from catalog.jobs.health import orphans
from catalog.jobs.health.orphans import keep_orphans, sweep_orphans
from catalog.management import backups
from catalog.management.backups import make_backup
from catalog.models import Installation
from catalog.schedule import tidy_task
from tests import factories
from tests.conftest import make_wav
from tests.media import media_path

OLD = timedelta(days=3)
OWN_MARK = ".installations/"


def store_old(folder: str = "samples", age: timedelta = OLD) -> str:
    key, *_ = store_media(folder, [b"sound"], "wav")
    return make_old(key, age)


def make_old(key: str, age: timedelta = OLD) -> str:
    at = (timezone.now() - age).timestamp()
    os.utime(media_path(key), (at, at))
    return key


@pytest.fixture
def cast(cast):
    """The cast of an installation that has kept its files here for long."""
    get_media_store().write(OWN_MARK + Installation.objects.get().code, [])
    make_old(OWN_MARK + Installation.objects.get().code)
    return cast


@pytest.fixture
def now(cast):
    return timezone.now()


def test_old_file_that_no_row_names_is_deleted_by_the_tidy_job(cast):
    orphan, young = store_old(), store_old(age=timedelta(days=1))

    tidy_task()

    assert (has_media(orphan), has_media(young)) == (False, True)


def test_file_that_a_row_names_stays(cast, now):
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(3))
    copy = store_old()
    type(sample).objects.filter(pk=sample.pk).update(copy_path=copy)
    kept = [make_old(sample.path), copy]

    assert sweep_orphans(now) == 0
    assert all(map(has_media, kept))


def test_every_kind_of_file_that_a_row_names_stays(cast, now):
    job = factories.make_job(cast.ana, cast.credential)
    clip = factories.make_spoken_clip(factories.make_voice(cast.account), b"sound")
    columns = ((job, "first_sound_path"), (job.batch.consent, "proof_path"), (clip, "path"))
    for row, column in columns:
        type(row).objects.filter(pk=row.pk).update(**{column: store_old()})

    assert sweep_orphans(now) == 0


def test_index_files_are_left_to_their_own_sweep(cast, now):
    key = store_old("index")

    assert sweep_orphans(now) == 0
    assert has_media(key)


def test_one_run_deletes_a_limited_number(cast, now, monkeypatch):
    monkeypatch.setattr(orphans, "_MOST_A_RUN", 2)
    for _ in range(3):
        store_old()

    assert [sweep_orphans(now) for _ in range(3)] == [2, 1, 0]


def test_nothing_is_deleted_while_a_backup_runs(cast, now):
    orphan = store_old()

    with keep_orphans(now):
        assert sweep_orphans(now) == 0

    assert has_media(orphan)
    assert sweep_orphans(now) == 1


def test_a_backup_keeps_all_files_until_it_ends(cast, now, monkeypatch, tmp_path):
    store_old()
    swept = []
    monkeypatch.setattr(backups, "dump_database", lambda path: swept.append(sweep_orphans(now)))

    with pytest.raises(FileNotFoundError):  # there is no dump
        make_backup(tmp_path / "backups", now)

    assert swept == [0]
    assert sweep_orphans(now) == 1


def test_a_backup_that_was_killed_stops_the_sweep_for_three_days(cast, now):
    store_old()
    killed = keep_orphans(now)
    killed.__enter__()

    assert sweep_orphans(now + timedelta(days=2)) == 0
    assert sweep_orphans(now + timedelta(days=4)) == 1


def test_nothing_is_deleted_from_a_place_that_another_installation_uses(cast, now, caplog):
    orphan = store_old()
    get_media_store().write(".installations/other", [])

    assert sweep_orphans(now) == 0

    assert has_media(orphan)
    assert ".installations/other" in caplog.text
    assert Installation.objects.get().code not in caplog.text


def test_an_installation_waits_for_others_to_say_that_they_keep_files_here(cast, now):
    orphan = store_old()
    get_media_store().remove(OWN_MARK + Installation.objects.get().code)

    assert [sweep_orphans(now) for _ in range(2)] == [0, 0]

    assert has_media(orphan)
    assert sweep_orphans(now + timedelta(days=2, hours=1)) == 1


@pytest.mark.parametrize(
    "key",
    [
        "backups/voiceboard.sql.gz",
        "backups/ab/voiceboard.sql",
        "samples/readme.txt",
        "other/samples/ab/ab0123456789abcdef0123456789abcd.wav",
        "samples/cd/ab0123456789abcdef0123456789abcd.wav",
    ],
)
def test_files_of_someone_else_in_the_same_place_stay(cast, now, key):
    get_media_store().write(key, [b"theirs"])
    make_old(key)

    assert sweep_orphans(now) == 0
    assert has_media(key)
