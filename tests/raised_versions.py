"""Watch every write of the product: what the list of voices shows, raises its version at once.

Each transaction of a service, a job, a command or a view that writes one of these columns has to
raise a team's or a person's number as well, or a process goes on showing what it has kept.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

# What the list shows of each table; of those without names, everything.
SHOWN: dict[str, set[str]] = {
    "catalog_voice": {
        *("name", "own_name", "own_labels", "archived_at", "has_generated_preview", "description"),
        *("kind", "gender", "age", "accent", "language", "state", "state_note", "is_owned"),
        *("is_verified", "plan_note", "ends_at", "end_note", "preview_url", "remote_deleted_at"),
        *("key_set_id", "team_text", "search_text", "label_words", "details", "raw_labels"),
    },
    "catalog_voicelabel": set(),
    "catalog_previewclip": {"seconds", "peaks"},
    "catalog_provideraccount": {
        *("label", "is_shared", "last_owner_id", "sync_error", "synced_at"),
        *("slots_used", "slots_limit"),
    },
    "catalog_credential": {"account_id", "owner_id", "health", "is_shared"},
    "catalog_keyset": set(),
    "catalog_listingkey": set(),
    "catalog_savedsearch": set(),
    "catalog_collection": {"name", "is_shared", "owner_id", "removed_at"},
    "catalog_collectionentry": {"collection_id", "voice_id"},
    "catalog_tag": set(),
    "catalog_taguse": set(),
    "catalog_rating": set(),
    "catalog_star": set(),
    "catalog_preference": {"layout", "sort", "columns", "news_since"},
    "catalog_membership": {"role"},
    "catalog_team": {"name"},
}
_VERSIONS = {"catalog_catalogversion", "catalog_userversion"}
_WRITE = re.compile(r'\s*(INSERT INTO|INSERT OR IGNORE INTO|UPDATE|DELETE FROM) "?(catalog_\w+)"?')
_SET = re.compile(r'"?(\w+)"? = ')
_ROLLBACK = re.compile(r'ROLLBACK TO SAVEPOINT "?([^"\s]+)"?')
_ROOT, _TESTS = Path(settings.BASE_DIR) / "catalog", str(Path(__file__).parent)
_ACTING = tuple(
    str(_ROOT / name) for name in ("services", "jobs", "management", "views", "schedule")
)


class VersionGuard:
    """Reads along what is sent to the database, inside of a test's own transaction."""

    def __init__(self) -> None:
        self._depth = len(connection.savepoint_ids)
        self._writes: dict[str, list[str]] = defaultdict(list)
        self._raised: set[str] = set()
        self.alone: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """Note a statement, and let it through."""
        answer = execute(sql, params, many, context)
        if found := _ROLLBACK.match(sql):
            self._writes.pop(found[1], None)
        elif (found := _WRITE.match(sql)) and _has_written(found[1], context["cursor"]):
            self._note(found[1], found[2], sql)
        return answer

    def forgotten(self) -> list[str]:
        """Return the writes of transactions that raised no version."""
        left = [write for key, write in self._writes.items() if key not in self._raised]
        return self.alone + [each for write in left for each in write]

    def _note(self, verb: str, table: str, sql: str) -> None:
        sids = connection.savepoint_ids[self._depth :]
        if table in _VERSIONS:
            self._raised.update(sids[:1])
        elif table in SHOWN and _is_shown(verb, table, sql) and (place := _find_actor()):
            write = f"{verb} {table} at {place}"
            if sids:
                self._writes[sids[0]].append(write)
            else:
                self.alone.append(f"{write}, in no transaction")


def _has_written(verb: str, cursor: Any) -> bool:
    # SQLite counts the rows of an INSERT that returns something only once they are fetched.
    return verb.startswith("INSERT") or cursor.rowcount != 0


def _is_shown(verb: str, table: str, sql: str) -> bool:
    if verb != "UPDATE" or not SHOWN[table]:
        return True
    changed = sql.partition(" SET ")[2].rpartition(" WHERE ")[0] or sql.partition(" SET ")[2]
    return not SHOWN[table].isdisjoint(_SET.findall(changed))


def _find_actor() -> str:
    frame = sys._getframe(3)
    while frame is not None and not frame.f_code.co_filename.startswith(_TESTS):
        if frame.f_code.co_filename.startswith(_ACTING):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
