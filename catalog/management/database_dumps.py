"""Dump the database into a file while Voiceboard runs, and put a dump in the database's place."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from catalog.core.private_files import DRAFT
from catalog.core.schema_version import RESTORING

_MARK = "INSERT INTO django_migrations (app, name, applied) VALUES ('catalog', '{}', {})"
# Also tables that a newer version has added, which the dump doesn't know.
_DROP_TABLES = r"""
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT tablename FROM pg_tables
    WHERE schemaname = current_schema() AND tablename LIKE 'catalog\_%'
  LOOP EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', each.tablename); END LOOP;
END $$
"""
_WRITABLE = 0o600
_PATIENCE_SECONDS = 60.0


class DumpFailed(Exception):
    """The database can't be dumped or replaced; the message says why."""


def name_dump() -> str:
    """Return the name of a dump's file, which tells the kind of database."""
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.pgdump"


def dump_database(target: Path) -> None:
    """Write the database as it is at one moment into a file that only its owner can read."""
    target.touch(mode=_WRITABLE)
    if connection.vendor == "sqlite":
        _dump_sqlite(target)
    else:
        _demand_client()
        _run_client("pg_dump", "--format=custom", "--no-password", f"--file={target}")
    flush_path(target)


def read_key_check(dump: Path) -> bytes:
    """Return the record in a dump that shows whether the master keys fit."""
    if connection.vendor == "sqlite":
        with contextlib.closing(sqlite3.connect(f"file:{dump}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT key_check FROM catalog_installation").fetchall()
        return bytes(rows[0][0]) if rows else b""
    options = ("--data-only", "--table=catalog_installation", "--file=-")
    lines = _run("pg_restore", *options, str(dump)).splitlines()
    for number, line in enumerate(lines):
        if found := re.match(r"COPY \S+ \((.+)\) FROM stdin;", line):
            values = dict(zip(found[1].split(", "), lines[number + 1].split("\t"), strict=False))
            # A binary value is written as \\x and hex digits.
            return bytes.fromhex(values.get("key_check", "")[3:])
    return b""


def replace_database(dump: Path, anchor: str) -> None:
    """Put a dump in the database's place, all or nothing.

    The result holds a mark with the audit anchor of what was replaced. It keeps processes from
    starting (core/schema_version.py) until the restore is complete.
    """
    connections.close_all()
    if connection.vendor == "sqlite":
        _replace_sqlite(dump, RESTORING + anchor)
    else:
        _replace_postgresql(dump, RESTORING + anchor)


def flush_path(path: Path) -> None:
    """Have a file, or the names in a folder, written to disk."""
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _dump_sqlite(target: Path) -> None:
    connection.ensure_connection()
    try:
        with contextlib.closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy, progress=_give_up_after(_PATIENCE_SECONDS))
            # Without a write-ahead log, the file alone is the database.
            copy.execute("PRAGMA journal_mode=DELETE")
            [(words,)] = copy.execute("PRAGMA integrity_check(1)")
    except sqlite3.DatabaseError as exc:
        raise DumpFailed(f"The database can't be copied: {exc}.") from None
    if words != "ok":
        raise DumpFailed(f"The database is damaged: {words}.")


def _give_up_after(seconds: float) -> Callable[[int, int, int], None]:
    """Return a check that ends a copy whose source stays locked, which SQLite never does."""
    deadline = time.monotonic() + seconds

    def check(status: int, _left: int, _total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > deadline:
            raise DumpFailed("The database is locked. Try again.")

    return check


def _replace_sqlite(dump: Path, mark: str) -> None:
    path = Path(connection.settings_dict["NAME"])
    draft = path.with_name(f"{DRAFT}{path.name}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=_WRITABLE)
    shutil.copyfile(dump, draft)
    with contextlib.closing(sqlite3.connect(draft)) as database, database:
        # A journal left by a killed process would be applied to the next draft.
        database.execute("PRAGMA journal_mode=OFF")
        database.execute(_MARK.format(mark, "CURRENT_TIMESTAMP"))
    flush_path(draft)
    _remove_log(path)
    draft.replace(path)
    flush_path(path.parent)


def _remove_log(path: Path) -> None:
    """Move the rest of the write-ahead log into the old file: it would be applied to the new."""
    if path.exists():
        # A damaged database is replaced as well.
        with (
            contextlib.suppress(sqlite3.DatabaseError),
            contextlib.closing(sqlite3.connect(path)) as old,
        ):
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _replace_postgresql(dump: Path, mark: str) -> None:
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        # A file and no pipe: psql would commit what a pg_restore that dies has written so far.
        script = Path(folder) / "restore.sql"
        script.touch(mode=_WRITABLE)
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
        _run("pg_restore", *options, f"--file={script}", str(dump))
        _run_client(
            "psql",
            *("--no-psqlrc", "--quiet", "--no-password", "--single-transaction"),
            *("--set=ON_ERROR_STOP=1", "--output=/dev/null"),
            *("--command", "SET LOCAL lock_timeout = '30s'", "--command", _DROP_TABLES),
            *("--file", str(script), "--command", "SET search_path TO DEFAULT"),
            *("--command", _MARK.format(mark, "now()")),
        )


def _demand_client() -> None:
    """Raise DumpFailed if pg_dump is missing or can't read this server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    found = re.search(r"(\d+)", _run("pg_dump", "--version"))
    if found is None or int(found[1]) < server:
        version = found[1] if found else "unknown"
        raise DumpFailed(
            f"The server is PostgreSQL {server}, and this machine's pg_dump is version {version}."
            f" Install PostgreSQL's client programs in version {server} or newer."
        )


def _run_client(program: str, *options: str) -> str:
    """Run a client program on our database; its password isn't on the command line."""
    settings_dict = connection.settings_dict
    arguments, environment = connection.client.settings_to_cmd_args_env(settings_dict, options)
    return _run(program, *arguments[1:], **(environment or {}))


def _run(program: str, *arguments: str, **environment: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  (a program of PostgreSQL, without a shell)
            [program, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        words = f"{program} isn't installed. Install PostgreSQL's client programs."
        raise DumpFailed(words) from None
    if done.returncode:
        raise DumpFailed(f"{program} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
