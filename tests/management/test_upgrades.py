"""Code and database of different versions: nothing starts, and a sentence says why."""

import os
import re
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
from tests.servers.binaries import free_port
from tests.servers.installation import FOREIGN
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


def test_a_database_of_this_version_fits(db):
    assert find_misfit() == ""


def test_a_newer_database_is_named_with_both_changes(newer):
    assert find_misfit().startswith(SENTENCE)
    assert NEWER in find_misfit()
    assert "restore a backup" in find_misfit()


def test_a_change_of_another_app_that_was_merged_away_is_no_newer_version(db):
    MigrationRecorder(connection).record_applied("mfa", "0000_merged_away")

    assert find_misfit() == ""


def test_an_older_database_has_to_be_prepared_first(older):
    assert find_misfit() == (
        "The database lacks 1 migration of this version. Run this first: manage.py prepare"
    )


def test_prepare_touches_no_newer_database(newer, settings):
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
def test_no_command_works_on_a_database_of_another_version(request, state, command):
    request.getfixturevalue(state)

    with pytest.raises(CommandError, match=SENTENCE if state == "newer" else "manage.py prepare"):
        call_command(*command, stdout=StringIO())


@pytest.fixture
def prepared(tmp_path_factory) -> dict[str, str]:
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


# Goes through every change, and not through those that were merged into one.
EVERY_CHANGE = """
import django; django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
load = MigrationLoader.load_disk
def load_unmerged(loader):
    load(loader)
    every = loader.disk_migrations
    loader.disk_migrations = {key: each for key, each in every.items() if not each.replaces}
MigrationLoader.load_disk = load_unmerged
call_command("migrate", verbosity=0)
"""


def read_schema(path: Path) -> dict[str, list[str]]:
    """Return the lines of every table, index and trigger; columns may stand in any order."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: sorted(re.split(r", (?=[\"C])|[()]", sql)) for name, sql in rows}


def test_a_database_that_went_through_every_change_is_like_a_new_one(prepared, tmp_path):
    schemas = []
    for start in (("-c", EVERY_CHANGE), ("manage.py", "migrate")):
        path = tmp_path / f"{len(schemas)}.sqlite3"
        settings = {"DATABASE_URL": f"sqlite:///{path}", "DJANGO_SETTINGS_MODULE": "tests.settings"}
        done = run(prepared | settings, *start)
        assert done.returncode == 0, done.stderr
        schemas.append(read_schema(path))

    assert schemas[0] == schemas[1]
    settings["DATABASE_URL"] = f"sqlite:///{tmp_path}/0.sqlite3"
    assert run(prepared | settings, "manage.py", "migrate", "--check").returncode == 0


def test_no_process_starts_on_a_database_of_another_version(prepared):
    """One test for all of them, because to prepare a database takes seconds."""
    starts = {
        "web": ("-c", "import voiceboard.wsgi"),
        "worker": ("-m", "celery", "-A", "voiceboard", "worker", "--pool", "solo"),
        "schedule": ("-m", "celery", "-A", "voiceboard", "beat"),
    }
    done = run(prepared, *starts["web"])
    assert done.returncode
    assert "Run this first: manage.py prepare" in done.stderr
    assert "Traceback" not in done.stderr

    assert run(prepared, "manage.py", "prepare").returncode == 0
    record = (
        "import django; django.setup(); from django.db import connection;"
        "from django.db.migrations.recorder import MigrationRecorder;"
        f"MigrationRecorder(connection).record_applied('catalog', '{NEWER}')"
    )
    settings = {**prepared, "DJANGO_SETTINGS_MODULE": "voiceboard.settings"}
    assert run(settings, "-c", record).returncode == 0

    starts |= {"prepare": ("manage.py", "prepare"), "start": ("-m", "voiceboard.supervisor")}
    for name, words in starts.items():
        done = run(prepared, *words)
        assert done.returncode, name
        assert SENTENCE in done.stderr + done.stdout, name
        assert "Traceback" not in done.stderr + done.stdout, name
