"""If code and database have different versions, nothing starts and the error says why."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from catalog.core.schema_version import find_misfit
from catalog.models import User
from tests.migrated import FOREIGN, copy_database
from tests.servers.binaries import free_port
from tests.servers.processes import ROOT

NEWER = "9999_from_the_future"
SENTENCE = "A newer version of Voiceboard has changed this database"


@pytest.fixture
def newer(db) -> None:
    MigrationRecorder(connection).record_applied("catalog", NEWER)


@pytest.fixture
def older(db) -> None:
    recorder = MigrationRecorder(connection)
    names = [name for app, name in recorder.applied_migrations() if app == "catalog"]
    for name in (max(names), *filter(lambda name: "squashed" in name, names)):
        recorder.record_unapplied("catalog", name)


def test_database_of_this_version_fits(db):
    assert find_misfit() == ""


def test_newer_database_is_rejected_with_the_unknown_migration(newer):
    assert find_misfit().startswith(SENTENCE)
    assert NEWER in find_misfit()
    assert "restore a backup" in find_misfit()


def test_unknown_migration_of_another_app_is_not_a_newer_version(db):
    MigrationRecorder(connection).record_applied("mfa", "0000_merged_away")

    assert find_misfit() == ""


def test_older_database_must_be_prepared_first(older):
    assert find_misfit() == (
        "The database lacks 1 migration of this version. Run this first: manage.py prepare"
    )


def test_prepare_does_not_change_a_newer_database(newer, settings):
    settings.DEMO = True

    with pytest.raises(CommandError, match=SENTENCE):
        call_command("prepare", stdout=StringIO())

    assert not User.objects.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("generate_voices", "--count", "1", "--team", "Aurora"),
        ("plan_cleanup", "--team", "Aurora", "--dry-run"),
        ("remove_second_factor", "ana@example.com"),
        ("rotate_keys",),
        ("sign_in",),
        ("verify_audit",),
    ],
)
@pytest.mark.parametrize("state", ["newer", "older"])
def test_commands_reject_a_database_of_another_version(request, state, command):
    request.getfixturevalue(state)

    with pytest.raises(CommandError, match=SENTENCE if state == "newer" else "manage.py prepare"):
        call_command(*command, stdout=StringIO())


@pytest.fixture
def prepared(tmp_path_factory) -> dict[str, str]:
    """Return the settings of a data directory without a database."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {
        **around,
        "VOICEBOARD_DATA_DIR": str(tmp_path_factory.mktemp("var")),
        "VOICEBOARD_DEMO": "0",
        "VOICEBOARD_LOCAL": "0",
        "VOICEBOARD_PORT": str(free_port()),
    }


def run(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_processes_do_not_start_with_a_database_of_another_version(prepared):
    starts = {
        "web": ("-c", "import voiceboard.wsgi"),
        "worker": ("-m", "celery", "-A", "voiceboard", "worker", "--pool", "solo"),
        "schedule": ("-m", "celery", "-A", "voiceboard", "beat"),
    }
    done = run(prepared, *starts["web"])
    assert done.returncode
    assert "Run this first: manage.py prepare" in done.stderr
    assert "Traceback" not in done.stderr

    path = Path(prepared["VOICEBOARD_DATA_DIR"]) / "voiceboard.sqlite3"
    path.unlink(missing_ok=True)
    copy_database(path.parent)
    with closing(sqlite3.connect(path)) as database, database:
        row = (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('catalog', ?, '2026-11-30')"
        )
        database.execute(row, [NEWER])

    starts |= {"prepare": ("manage.py", "prepare"), "start": ("-m", "voiceboard.supervisor")}
    for name, words in starts.items():
        done = run(prepared, *words)
        assert done.returncode, name
        assert SENTENCE in done.stderr + done.stdout, name
        assert "Traceback" not in done.stderr + done.stdout, name
