"""A database of an older version keeps all rows, and gets the same tables as a new one.

``database_of_v….sql`` is an SQLite dump of a release; scripts/dump_release.py makes it. So is
``database_of_f336786.sql``, whose last migration is the last one that was squashed. Each has a row
in nearly all tables.
"""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from catalog.core.schema_version import find_misfit
from catalog.management.backups import find_backups
from catalog.management.commands.prepare import BEFORE_UPGRADES
from catalog.migrations._merged import FORMER, MERGED
from tests.migrated import FOREIGN, migrated_database
from tests.openid_variables import OPENID_VARIABLES
from tests.servers.processes import ROOT

DUMPS = {
    each.stem.removeprefix("database_of_"): each for each in Path(__file__).parent.glob("*.sql")
}
OLDEST = "f336786"
# Former names of columns. Table names haven't changed.
RENAMED = {
    "order_id": "batch_id",
    "keeper_id": "responsible_id",
    "gone_at": "remote_deleted_at",
    "demands_second_factor": "requires_second_factor",
}
# What prepare fills in again, with today's labels.
_FILLED_AGAIN = {"id_words"}
# Django's own tables, which migrate fills again.
_LEFT_OUT = {"django_migrations", "django_content_type", "auth_permission"}
# In one process, because each needs seconds to start. A rotation decrypts every secret.
UPGRADE = """
import django
django.setup()
from django.core.management import call_command
for command in ("prepare", "verify_audit", "rotate_keys"):
    call_command(command)
"""

Rows = dict[str, list[dict[str, Any]]]


def migrate(path: Path, *target: str) -> None:
    run_python(path, "manage.py", "migrate", "--verbosity", "0", *target)


def run_python(path: Path, *words: str, **more: str) -> None:
    around = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    settings = {
        **around,
        "VOICEBOARD_DATA_DIR": str(path.parent / "var"),
        "VOICEBOARD_LOCAL": "0",
        "DATABASE_URL": f"sqlite:///{path}",
        "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
        **OPENID_VARIABLES,
        **more,
    }
    command = [sys.executable, *words]
    done = subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def read_rows(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        tables = {row["name"] for row in database.execute(names)} - _LEFT_OUT
        return {
            table: [dict(row) for row in database.execute(f'SELECT * FROM "{table}" ORDER BY 1')]  # noqa: S608
            for table in tables
        }


def read_schema(path: Path) -> dict[str, list[str]]:
    """Return the sorted parts of each table, index, and trigger."""
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL")
        return {f"{kind} {name}": sorted(_split(sql)) for kind, name, sql in found}


def _split(sql: str) -> list[str]:
    if not sql.startswith("CREATE TABLE"):
        return [re.sub(r"\s+", " ", sql)]
    parts, depth = [""], 0
    for letter in sql[sql.index("(") + 1 : sql.rindex(")")]:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [" ".join(part.split()) for part in parts]


@pytest.fixture
def old(tmp_path: Path, release: str) -> Path:
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(DUMPS[release].read_text())
    return path


@pytest.mark.parametrize(
    ("release", "stop"),
    [*((each, "") for each in sorted(DUMPS)), (OLDEST, "0041_key_sets_and_voice_rights")],
)
def test_old_database_keeps_every_row_and_gets_the_tables_of_a_new_one(old, stop):
    before = read_rows(old)
    if stop:
        migrate(old, "catalog", stop)

    migrate(old)

    after = read_rows(old)
    for table, rows in before.items():
        kept = [
            {
                column: value if column in _FILLED_AGAIN else row[RENAMED.get(column, column)]
                for column, value in was.items()
            }
            for was, row in zip(rows, after[table], strict=True)
        ]
        assert kept == rows, table
    assert sum(bool(rows) for rows in before.values()) > 40
    assert read_schema(old) == read_schema(migrated_database())


@pytest.mark.parametrize("release", sorted(DUMPS.keys() - {OLDEST}))
def test_prepare_upgrades_a_release_whose_secrets_and_log_stay_whole_and_backs_it_up(old, release):
    keys = old.parent / "var" / "secrets" / "master-keys.json"
    keys.parent.mkdir(mode=0o700, parents=True)
    keys.touch(mode=0o600)
    keys.write_text(DUMPS[release].read_text().partition("\n")[0].removeprefix("-- "))

    before = read_rows(old)

    run_python(old, "-c", UPGRADE, VOICEBOARD_DEMO="0")

    [kept] = find_backups(old.parent / "var" / BEFORE_UPGRADES)
    assert read_rows(kept / "database.sqlite3") == before


def test_every_release_has_a_dump_that_is_upgraded():
    command = ["git", "tag", "--list", "v*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout:
        pytest.skip("The tags of the releases aren't in this clone.")

    without = set(done.stdout.split()) - DUMPS.keys()
    assert not without, "Run scripts/dump_release.py with each of these tags."


def test_database_older_than_the_squashed_migrations_is_rejected(db, settings):
    settings.DEMO = True
    MigrationRecorder(connection).record_unapplied("catalog", MERGED[-1])

    with pytest.raises(CommandError, match=f"too old to be upgraded.*lacks {MERGED[-1]}"):
        call_command("prepare", stdout=StringIO())


@pytest.mark.parametrize("name", [*MERGED[-1:], *FORMER])
def test_database_fits_with_and_without_the_squashed_migrations(db, name):
    recorder = MigrationRecorder(connection)

    recorder.record_unapplied("catalog", name)
    before = find_misfit()
    recorder.record_applied("catalog", name)

    assert (before, find_misfit()) == ("", "")
