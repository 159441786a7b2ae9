"""Health probes answer load balancers briefly and reveal no internals."""

import errno
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import current_app
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from kombu import Connection

from catalog.core import broker, media_folder
from catalog.queries.health import readiness
from catalog.queries.health.readiness import TimedCheck

SECRET = "postgres://voiceboard:secret@db.internal/voices"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Discard the check results that other tests left."""
    files = TimedCheck(readiness._check_files, "files can't be written")
    broker = TimedCheck(readiness._check_broker, "the broker isn't responding")
    monkeypatch.setattr(readiness, "_FILES", files)
    monkeypatch.setattr(readiness, "_BROKER", broker)


def ask(client, path: str = "/readyz") -> tuple[int, list[str]]:
    response = client.get(path)
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    return response.status_code, response.content.decode().splitlines()


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
@pytest.mark.parametrize("host", ["testserver", "10.1.2.3:8000"])
def test_probes_answer_ok_for_any_host_name(client, db, path, host):
    response = client.get(path, headers={"Host": host})

    assert (response.status_code, response.content) == (200, b"ok")
    assert not response.cookies


def test_livez_answers_without_a_database(client):
    # Without the db fixture, any database access fails the test.
    assert ask(client, "/livez") == (200, ["ok"])


@pytest.mark.parametrize("path", ["/readyz", "/healthz"])
def test_an_unreachable_database_is_reported_without_its_address(client, db, monkeypatch, path):
    def fail(*_: object) -> None:
        raise OperationalError(f"could not connect to {SECRET}")

    monkeypatch.setattr(readiness, "read_newer", fail)

    assert ask(client, path) == (503, ["not ready", "the database isn't responding"])
    assert ask(client, "/livez") == (200, ["ok"])


def test_a_missing_database_file_is_reported_and_not_created(client, monkeypatch, tmp_path):
    gone = tmp_path / "gone.sqlite3"
    settings = {**connection.settings_dict, "NAME": str(gone)}
    missing = SimpleNamespace(vendor="sqlite", settings_dict=settings)
    monkeypatch.setattr(readiness, "connection", missing)

    assert ask(client) == (503, ["not ready", "the database file is missing"])
    assert not gone.exists()


def test_a_database_of_another_version_is_not_ready(client, db):
    recorder = MigrationRecorder(connection)
    recorder.record_applied("catalog", "9999_from_the_future")
    newer = ask(client)
    recorder.record_unapplied("catalog", "9999_from_the_future")
    recorder.record_unapplied("auth", "0001_initial")

    assert newer == (
        503,
        ["not ready", "the database was upgraded by a newer version of Voiceboard"],
    )
    assert ask(client) == (503, ["not ready", "the database has to be migrated for this version"])


def test_a_clock_difference_to_the_database_is_not_ready(client, db, monkeypatch):
    monkeypatch.setattr(
        readiness, "database_now", lambda: timezone.now() - readiness._MOST_APART * 2
    )

    assert ask(client)[1] == ["not ready", "the clocks of this host and the database differ"]


def test_an_unwritable_media_folder_is_not_ready(client, db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("no folder")

    assert ask(client) == (503, ["not ready", "files can't be written"])


def test_a_full_disk_is_not_ready(client, db, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(media_folder, "open_draft", fail)

    assert ask(client) == (503, ["not ready", "the disk is full"])


def test_a_readiness_check_leaves_no_file(client, db, settings):
    ask(client)

    assert [each for each in Path(settings.MEDIA_ROOT).rglob("*") if each.is_file()] == []


def test_an_unreachable_broker_is_reported_and_takes_no_host_out(client, db, monkeypatch):
    far = SimpleNamespace(
        conf=current_app.conf,
        connection_for_read=lambda **_: Connection("redis://:secret@127.0.0.1:1/0"),
    )
    monkeypatch.setattr(broker, "current_app", far)

    assert ask(client) == (200, ["degraded", "the broker isn't responding"])

    monkeypatch.setattr(readiness, "read_newer", lambda: ["9999"])
    assert ask(client) == (
        503,
        [
            "not ready",
            "the database was upgraded by a newer version of Voiceboard",
            "the broker isn't responding",
        ],
    )


def test_a_check_that_hangs_times_out_and_is_not_started_again(client, db, monkeypatch):
    let_go, looks = threading.Event(), []

    def hang(_: object) -> str:
        looks.append(1)
        let_go.wait(60)
        return ""

    monkeypatch.setattr(readiness, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(readiness, "_FILES", TimedCheck(hang, "files can't be written"))
    try:
        answers = [ask(client) for _ in range(3)]
    finally:
        let_go.set()

    assert all("files can't be written" in lines for _, lines in answers)
    assert len(looks) == 1


def test_a_check_result_is_reused_for_a_moment_and_then_refreshed(monkeypatch):
    seen = []
    look = TimedCheck(lambda _: seen.append(1) or "", "silent")
    for _ in range(5):
        assert look.wait(look.begin(timezone.now), time.monotonic() + 10) == ""
    assert len(seen) == 1

    look._kept_until = 0.0
    look.wait(look.begin(timezone.now), time.monotonic() + 10)
    assert len(seen) == 2
