"""Check whether the database schema matches this version of Voiceboard."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from catalog.migrations._merged import FORMER, MERGED

_OURS = "catalog"
# How the row in the table of migrations starts that keeps everyone out of a half-restored database.
RESTORING = "restoring "
# Any number that nothing else locks in this database.
_UPGRADE_LOCK = 8_642_319
Key = tuple[str, str]


@contextmanager
def only_upgrade() -> Iterator[None]:
    """Have other machines wait that would upgrade the database, too."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_UPGRADE_LOCK])
        try:
            yield
        finally:
            # Failing, too, it's unlocked: the connection ends with the command.
            with suppress(DatabaseError):
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_UPGRADE_LOCK])


def find_misfit() -> str:
    """Return why this code can't run on this database, "" if they match.

    Old code on newer data would fail midway, and write rows that the newer code misreads.
    """
    applied = set(MigrationRecorder(connection).applied_migrations())
    if _fits(applied):
        return ""
    if read_restored(applied) is not None:
        return "A restore of this database was interrupted. Run manage.py restore again."
    if newer := find_newer(applied):
        return (
            "A newer version of Voiceboard has changed this database"
            f" (last migration: {newer[-1]}; this version's: {_last(set(_replaced()))})."
            " Start that version, or restore a backup from before the upgrade."
        )
    if missing := _find_missing(applied):
        count = f"{len(missing):,} migrations" if len(missing) > 1 else "1 migration"
        return f"The database lacks {count} of this version. Run this first: manage.py prepare"
    return ""


def _fits(applied: set[Key]) -> bool:
    """Compare names alone: to import the migrations takes 20 MB, in each process that starts."""
    ours = {key for key in applied if key[0] == _OURS}
    names = _read_names()
    return names <= applied and ours <= names | _gone()


def _gone() -> set[Key]:
    """Return those of ours that may be applied and have no file anymore."""
    return {(_OURS, name) for name in (*MERGED, *FORMER)}


def _read_names() -> set[Key]:
    found = set()
    for app in apps.get_app_configs():
        place, _ = MigrationLoader.migrations_module(app.label)
        try:
            package = importlib.import_module(place or "")
        except (ModuleNotFoundError, ValueError):  # an app without migrations
            continue
        names = (each.name for each in pkgutil.iter_modules(package.__path__) if not each.ispkg)
        found |= {(app.label, name) for name in names if name[0] not in "_~"}
    return found


def find_newer(applied: set[Key]) -> list[str]:
    """Return the names of our applied migrations that this code does not know, in their order."""
    known = {*_replaced()} | _gone()
    # Other apps may drop old migrations that were merged into one; ours are listed.
    return sorted(name for app, name in applied if app == _OURS and (app, name) not in known)


def read_restored(applied: set[Key] | None = None) -> str | None:
    """Return the audit anchor that an interrupted restore replaced, None if there is none."""
    if applied is None:
        applied = set(MigrationRecorder(connection).applied_migrations())
    marks = [name for app, name in applied if app == _OURS and name.startswith(RESTORING)]
    return marks[0].removeprefix(RESTORING) if marks else None


def is_behind() -> bool:
    """Return whether the database lacks a migration of this version."""
    return bool(_find_missing(set(MigrationRecorder(connection).applied_migrations())))


def end_restoring() -> None:
    """Let processes start on the database again."""
    rows = MigrationRecorder(connection).Migration.objects
    rows.filter(app=_OURS, name__startswith=RESTORING).delete()


def read_newest() -> str:
    """Return the name of the newest of our migrations that the database has, "" if none."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    ours = [name for app, name in applied if app == _OURS and not name.startswith(RESTORING)]
    return max(ours, default="")


def is_newer(migration: str) -> bool:
    """Return whether only a newer version of Voiceboard has the migration."""
    return bool(find_newer({(_OURS, migration)}))


def find_gap() -> str:
    """Say why this code cannot upgrade the database; "" when it can."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = [name for name in MERGED if (_OURS, name) not in applied]
    if not missing or len(missing) == len(MERGED):
        return ""
    return (
        f"This database is too old to be upgraded in one step: it lacks {missing[0]} and later"
        " changes. Start a version of Voiceboard before 0.2.0 on it once, then this one."
    )


def read_newer() -> list[str]:
    """Return which migrations a newer version has applied to the database."""
    return find_newer(set(MigrationRecorder(connection).applied_migrations()))


def _find_missing(applied: set[Key]) -> list[Key]:
    known = _replaced()
    merged = {old for key, replaced in known.items() if key in applied for old in replaced}
    missing = []
    for key, replaced in known.items():
        is_there = key in applied or key in merged or (replaced and applied >= set(replaced))
        if not is_there:
            missing.append(key)
    return missing


@cache
def _replaced() -> dict[Key, tuple[Key, ...]]:
    """Map each migration of this version to the ones it replaces, usually none."""
    loader = MigrationLoader(None)
    return {key: tuple(each.replaces) for key, each in loader.disk_migrations.items()}


def _last(keys: set[Key]) -> str:
    return max(name for app, name in keys if app == _OURS)
