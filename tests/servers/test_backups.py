"""A backup of PostgreSQL and of a bucket, and its restore."""

import json
import os
from pathlib import Path

import pytest

from tests.servers.binaries import find_program
from tests.servers.installation import Installation, prepared
from tests.servers.processes import ROOT

pytestmark = pytest.mark.servers

PASSWORD = "a-password-of-the-tests"
# Everything in one process, because each needs seconds to start.
LOSE_AND_RESTORE = """
import json, sys
import django
django.setup()
from pathlib import Path
from django.core.management import call_command
from django.db import connection
from catalog.audit import record
from catalog.core.media import get_media_store, read_media, remove_media, store_media
from catalog.core.schema_version import find_misfit
from catalog.management.backups import find_backups, read_manifest
from catalog.models import AuditEntry, CatalogVersion, Team, User
from catalog.queries.audit import find_breaks
from django.utils import timezone

folder = Path(sys.argv[1])
get_media_store().write("index/1.index", [b"rebuilt"])
key, *_ = store_media("samples", [b"sound"], "wav")
record(None, "act", "Voice 1", team=None, now=timezone.now())
call_command("backup", "--to", str(folder))
[backup] = find_backups(folder)
remove_media(key)
later, *_ = store_media("samples", [b"later"], "wav")
Team.objects.update(name="Lost")
record(None, "lost act", "Voice 1", team=None, now=timezone.now())
with connection.cursor() as cursor:
    # As a newer version may have left it.
    cursor.execute("CREATE TABLE catalog_newer (voice bigint REFERENCES catalog_voice (id))")
call_command("restore", "--from", str(backup), "--replace")
with connection.cursor() as cursor:
    tables = connection.introspection.table_names(cursor)
print()
print(json.dumps({
    "files": [*read_manifest(backup).files],
    "key": key,
    "contents": [read_media(each).decode() for each in (key, later)],
    "teams": [*Team.objects.values_list("name", flat=True)],
    "people": User.objects.count(),
    "actions": [*AuditEntry.objects.values_list("action", flat=True)],
    "breaks": find_breaks(),
    "has_newer_table": "catalog_newer" in tables,
    "misfit": find_misfit(),
    "backups": len(find_backups(folder)),
    "least_version": min(CatalogVersion.objects.values_list("number", flat=True)),
}))
"""


def put_before(folder: Path, program: str, lines: str) -> None:
    """Have a script found in place of a program."""
    folder.mkdir(exist_ok=True)
    script = folder / program
    script.write_text(f"#!/bin/sh\n{lines}\n")
    script.chmod(0o700)


@pytest.fixture
def installation(postgres, migrated, swift, folder, tmp_path):
    address = postgres.make_database(migrated).replace("voiceboard@", f"voiceboard:{PASSWORD}@")
    first = tmp_path / "first"
    path = f"{first}:{os.environ['PATH']}"
    for program in ("pg_dump", "psql"):
        real = find_program(program, "usr/lib/postgresql/*/bin")
        put_before(first, program, f'echo "$@" >> {tmp_path}/options\nexec {real} "$@"')
    addresses = {"DATABASE_URL": address, "PATH": path, **swift.environment}
    with prepared(folder, None, VOICEBOARD_LOCAL="0", **addresses) as running:
        yield running


@pytest.fixture(params=["SQLite and a folder", "PostgreSQL and a bucket"])
def anywhere(request, folder):
    if request.param.startswith("PostgreSQL"):
        yield request.getfixturevalue("installation")
        return
    with prepared(folder, None, VOICEBOARD_LOCAL="0", VOICEBOARD_DEMO="0") as running:
        yield running


def test_backup_or_restore_that_is_killed_at_any_step_is_completed_by_the_next(anywhere, tmp_path):
    done = anywhere._complete("-m", "tests.servers.killed_backups", str(tmp_path / "backups"))

    assert json.loads(done.stdout.splitlines()[-1]) == [], done.stderr


def test_restored_postgresql_and_bucket_are_as_backed_up(installation: Installation, tmp_path):
    script = tmp_path / "lose_and_restore.py"
    script.write_text(LOSE_AND_RESTORE)

    found = json.loads(installation._run(script, tmp_path / "backups").splitlines()[-1])

    assert found["files"] == [f"media/{found['key']}"]
    assert found["contents"] == ["sound", "later"]
    assert "Lost" not in found["teams"]
    assert found["people"] == 5
    assert "act" in found["actions"]
    assert "lost act" not in found["actions"]
    assert "backup restored" in found["actions"]
    assert (found["breaks"], found["misfit"]) == ([], "")
    assert not found["has_newer_table"]
    assert found["backups"] == 2
    assert found["least_version"] > 1_000_000
    options = (tmp_path / "options").read_text()
    assert "--format=custom" in options
    assert "--single-transaction" in options
    assert PASSWORD not in options

    put_before(tmp_path / "first", "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.1'")
    refusal = installation.refuse(ROOT / "manage.py", "backup", "--to", str(tmp_path / "backups"))
    assert "this machine's pg_dump is version 9" in refusal
