"""The health of workers, queues, and the broker."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery import current_app
from django.db import connection
from kombu import Connection

from catalog.core import broker
from catalog.core.media_store import MediaUnavailable
from catalog.jobs.health.heartbeats import end_beat, forget_silent, note_beat
from catalog.models import CloneJob, Heartbeat, Installation
from catalog.queries.health import readiness
from catalog.queries.health.background import has_worker, look_at_health
from catalog.queries.health.readiness import TimedCheck
from tests import factories

NOW = factories.NOW


@pytest.fixture
def beating(cast) -> None:
    note_beat("jobs@here", "jobs", NOW)
    note_beat("schedule", "", NOW)


def test_health_is_good_while_all_processes_beat_and_no_job_waits(cast, beating):
    health = look_at_health(cast.ana, NOW)

    assert health.is_good
    assert [process.name for process in health.processes] == ["jobs@here", "schedule"]
    assert (health.waiting_count, health.oldest_at) == (0, None)
    assert health.broker.answers


@pytest.mark.parametrize(
    ("name", "queues", "does"),
    [
        ("jobs@here", "jobs", True),
        ("all@here", "background,jobs", True),
        ("background@here", "background", False),
        ("schedule", "", False),
    ],
)
def test_only_processes_that_take_clones_count_as_workers(db, name, queues, does):
    note_beat(name, queues, NOW)

    assert has_worker(NOW) is does


def test_health_is_bad_if_a_worker_is_silent(cast, beating):
    later = NOW + timedelta(minutes=2)

    health = look_at_health(cast.ana, later)

    assert not has_worker(later)
    assert not health.is_good
    assert [process.is_alive for process in health.processes] == [False, False]


@pytest.mark.parametrize(("hours", "is_good"), [(None, True), (25, True), (27, False)])
def test_health_is_bad_if_the_last_backup_is_older_than_a_day(cast, beating, hours, is_good):
    at = hours and NOW - timedelta(hours=hours)
    Installation.objects.update(backed_up_at=at)

    health = look_at_health(cast.ana, NOW)

    assert (health.backed_up_at, health.is_good) == (at, is_good)


def test_stopped_and_long_silent_workers_are_removed(db):
    note_beat("one@here", "jobs", NOW)
    note_beat("two@here", "jobs", NOW)

    end_beat("one@here")
    forget_silent(NOW + timedelta(minutes=5))
    assert [beat.name for beat in Heartbeat.objects.all()] == ["two@here"]
    forget_silent(NOW + timedelta(hours=2))

    assert not Heartbeat.objects.exists()


def test_later_beat_keeps_the_start_time(db):
    note_beat("one@here", "jobs", NOW)
    note_beat("one@here", "jobs", NOW + timedelta(seconds=10))

    beat = Heartbeat.objects.get()
    assert (beat.started_at, beat.seen_at) == (NOW, NOW + timedelta(seconds=10))


def test_queued_job_is_late_after_minutes_and_a_waiting_one_is_not(cast, beating):
    factories.make_job(cast.ana, cast.credential, state=CloneJob.State.WAITING)
    assert look_at_health(cast.ana, NOW).is_good

    job = factories.make_job(cast.ana, cast.credential, created_at=NOW - timedelta(minutes=6))
    health = look_at_health(cast.ana, NOW)

    assert (health.is_late, health.oldest_at, health.waiting_count) == (True, job.created_at, 2)
    assert not health.is_good


def test_unreachable_broker_is_shown_without_its_address(cast, beating, monkeypatch):
    far = SimpleNamespace(
        conf=current_app.conf,
        connection_for_read=lambda **_: Connection("redis://:secret@127.0.0.1:1/0"),
    )
    monkeypatch.setattr(broker, "current_app", far)

    health = look_at_health(cast.ana, NOW)

    assert (health.broker.name, health.broker.answers) == ("Redis", False)
    assert "secret" not in repr(health)
    assert not health.is_good


def test_a_place_for_files_that_fails_is_shown(cast, beating, monkeypatch):
    assert look_at_health(cast.ana, NOW).file_problem == ""
    assert look_at_health(cast.ana, NOW).database == connection.display_name

    def fail() -> None:
        raise MediaUnavailable("s3://secret")

    monkeypatch.setattr(readiness, "_FILES", TimedCheck(readiness._check_files, "silent"))
    monkeypatch.setattr(readiness, "try_media", fail)
    health = look_at_health(cast.ana, NOW)

    assert health.file_problem == "the file store isn't responding"
    assert not health.is_good
