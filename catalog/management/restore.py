"""Put a backup in the place of what is there. Interrupted at any step, it can be run again."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from catalog.core.crypto import CannotOpen, KeyProblem
from catalog.core.media_folder import FolderStore
from catalog.core.process_lock import CannotStart, only_one
from catalog.core.schema_version import is_behind, is_newer, read_restored
from catalog.management.after_restore import settle_restored
from catalog.management.backups import (
    Manifest,
    hash_file,
    list_stores,
    make_backup,
    read_anchor,
    read_manifest,
    read_version,
)
from catalog.management.database_dumps import name_dump, read_key_check, replace_database
from catalog.models import Heartbeat, Host, User
from catalog.models.installation import KEY_CHECK_CONTEXT, key_ring

_SILENCE = timedelta(seconds=60)
Say = Callable[[str], object]
Clock = Callable[[], datetime]


class CannotRestore(Exception):
    """The backup can't be restored here and now; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class _Current:
    """The state of the database before it is replaced."""

    is_empty: bool
    anchor: str = ""
    is_interrupted: bool = False


def restore_backup(folder: Path, clock: Clock, *, replaces: bool, is_copy: bool, say: Say) -> None:
    """Restore a backup; raises CannotRestore, BackupUnusable, or DumpFailed.

    Missing files are put back first, so that the database never names one that isn't there yet.
    """
    manifest = read_manifest(folder)
    _demand_intact(folder, manifest)
    _demand_keys(folder, manifest)
    with _nothing_runs():
        current = _read_current(clock)
        if not (current.is_empty or current.is_interrupted):
            if not replaces:
                raise CannotRestore(
                    "The current database isn't empty. To replace it, add --replace. A backup of"
                    " it is made first."
                )
            made = make_backup(folder.parent, clock(), has_media=manifest.has_media)
            say(f"The current state was backed up: {made.folder}")
        _put_files_back(folder, manifest, say)
        say("Replacing the database ...")
        replace_database(folder / manifest.database, current.anchor)
        _settle(manifest, clock, is_copy=is_copy)
        call_command("prepare")


def _demand_intact(folder: Path, manifest: Manifest) -> None:
    if is_newer(manifest.migration):
        raise CannotRestore(
            f"This backup was made by Voiceboard {manifest.version}, which is newer than this"
            f" version ({read_version()}). Install that version first."
        )
    if manifest.database != name_dump():
        raise CannotRestore(
            "This backup is of another kind of database. Set DATABASE_URL to a database of the"
            " same kind: SQLite or PostgreSQL."
        )
    dump = folder / manifest.database
    if not dump.is_file() or hash_file(dump) != manifest.database_sha256:
        raise CannotRestore(f"{dump} is missing or damaged: it isn't the file that was written.")


def _demand_keys(folder: Path, manifest: Manifest) -> None:
    record = read_key_check(folder / manifest.database)
    try:
        key_ring().open(record, KEY_CHECK_CONTEXT)
    except KeyProblem as exc:
        reason = str(exc)
    except CannotOpen:
        reason = f"{settings.MASTER_KEY_FILE} isn't the master key file of this backup."
    else:
        return
    ids = ", ".join(manifest.key_ids) or "unknown"
    raise CannotRestore(f"{reason} Needed are the keys with these IDs: {ids}.")


@contextlib.contextmanager
def _nothing_runs() -> Iterator[None]:
    """Keep Voiceboard from starting on this machine; raise CannotRestore if it runs on any."""
    try:
        with only_one(Path(settings.DATA_DIR)):
            yield
    except CannotStart as exc:
        raise CannotRestore(str(exc)) from None


def _read_current(clock: Clock) -> _Current:
    try:
        tables = connection.introspection.table_names()
        if "django_migrations" not in tables:
            return _Current(is_empty=True)
        replaced = read_restored()
        if replaced is not None:
            return _Current(is_empty=False, anchor=replaced, is_interrupted=True)
        _demand_silence(set(tables), clock())
        if User._meta.db_table not in tables or not User.objects.exists():
            return _Current(is_empty=True)
        return _Current(is_empty=False, anchor=read_anchor())
    except DatabaseError as exc:
        raise CannotRestore(
            f"The current database can't be read ({type(exc).__name__}). If it's damaged, move it"
            " away first."
        ) from None


def _demand_silence(tables: set[str], now: datetime) -> None:
    for model in (Host, Heartbeat):
        if model._meta.db_table not in tables:
            continue
        # A time in the future was written by a wrong clock.
        span = (now - _SILENCE, now + _SILENCE)
        running = model._default_manager.filter(seen_at__range=span).order_by("name")
        for name, seen_at in running.values_list("name", "seen_at")[:1]:
            seconds = max(0, round((now - seen_at).total_seconds()))
            raise CannotRestore(
                f"Voiceboard was running {seconds:,} seconds ago ({name}). Stop it on every"
                " machine, then wait a minute."
            )


def _put_files_back(folder: Path, manifest: Manifest, say: Say) -> None:
    """Store the files that are missing; nothing is overwritten or deleted."""
    put = lost = 0
    for place, store in list_stores(has_media=manifest.has_media).items():
        kept, there = FolderStore(folder / place), {file.key for file in store.list("")}
        for name, size in manifest.files.items():
            key = name.removeprefix(f"{place}/")
            if key == name or key in there:
                continue
            if kept.find_size(key) != size:
                lost += 1
                continue
            store.write(key, kept.read_part(key, 0, size))
            put += 1
    say(f"Put back {put:,} files that were missing.")
    if lost:
        say(f"{lost:,} files of the backup are missing or damaged and were left out.")


def _settle(manifest: Manifest, clock: Clock, *, is_copy: bool) -> None:
    if is_behind():
        call_command("migrate", interactive=False, verbosity=0)
    settle_restored(
        made_at=datetime.fromisoformat(manifest.made_at),
        anchor=manifest.anchor,
        replaced=read_restored() or "",
        now=clock(),
        new_code=secrets.token_hex(4) if is_copy else "",
    )
