"""Store and lease messages in one SQLite file."""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from catalog.core.private_files import make_private_folder

# The message of a killed worker starts again after this long; a living worker renews in time.
LEASE_SECONDS = 30.0
# Messages are small and transactions short, so only a stopped process can hold the lock longer.
LOCK_SECONDS = 5.0

TABLE = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    payload BLOB NOT NULL,
    expires_at REAL,
    holder TEXT,
    leased_at REAL,
    deliveries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS message_by_queue ON message (queue, id);
CREATE INDEX IF NOT EXISTS message_by_expiry ON message (expires_at) WHERE expires_at IS NOT NULL;
"""
# A lease that began "in the future" was given before the clock was set back.
FREE = "(holder IS NULL OR leased_at NOT BETWEEN :now - :lease AND :now + :lease)"

# SQLite forbids a forked child even to close what its parent opened: such connections stay here.
_inherited: list[sqlite3.Connection] = []


class Taken(NamedTuple):
    """A message leased to the caller."""

    id: int
    payload: bytes
    deliveries: int


class QueueFile:
    """Store and lease messages in a SQLite file; threads and forked children may share it."""

    def __init__(
        self, path: Path, lease: float = LEASE_SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._lease = lease
        self._clock = clock
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._holder = uuid4().hex
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._closer: Callable[[], object] | None = None

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():
            # The finalizer still holds the parent's connection, see ``_close``.
            self._reset()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._notice_fork()
        with self._lock:
            if self._database is None:
                self._database = _connect(self.path)
                self._closer = weakref.finalize(self, _close, self._database, self._pid)
            yield self._database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            with database:
                yield database

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._notice_fork()
        with self._lock:
            if self._closer is not None:
                self._closer()
            self._database = self._closer = None

    def check(self) -> None:
        """Raise ``sqlite3.DatabaseError`` or ``OSError`` when the file cannot be used."""
        with self._opened():
            pass

    def put(self, queue: str, payload: bytes, ttl: float | None = None) -> None:
        """Append a message that vanishes when nobody took it within ``ttl`` seconds."""
        now = self._clock()
        with self._writing() as database:
            # While no worker runs, this alone keeps dead messages from piling up.
            self._delete_expired(database, now)
            database.execute(
                "INSERT INTO message (queue, payload, expires_at) VALUES (?, ?, ?)",
                (queue, payload, None if ttl is None else now + ttl),
            )

    def take(self, queue: str) -> Taken | None:
        """Lease the oldest free message, or return ``None``."""
        now = self._clock()
        wanted = {"queue": queue, "now": now, "lease": self._lease, "holder": self._holder}
        with self._opened() as database:
            # A read takes no lock, so idle workers never hold up those who publish.
            any_free = f"SELECT 1 FROM message WHERE queue = :queue AND {FREE} LIMIT 1"  # noqa: S608
            if database.execute(any_free, wanted).fetchone() is None:
                return None
        with self._writing() as database:
            self._delete_expired(database, now)
            row = database.execute(
                # Bytes, because a damaged text would not even be readable as a row.
                "SELECT id, CAST(payload AS BLOB), deliveries + 1 FROM message"  # noqa: S608
                f" WHERE queue = :queue AND {FREE} ORDER BY id LIMIT 1",
                wanted,
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "UPDATE message SET holder = :holder, leased_at = :now,"
                " deliveries = deliveries + 1 WHERE id = :id",
                wanted | {"id": row[0]},
            )
        return Taken(*row)

    def _delete_expired(self, database: sqlite3.Connection, now: float) -> None:
        database.execute(
            f"DELETE FROM message WHERE expires_at <= :now AND {FREE}",  # noqa: S608
            {"now": now, "lease": self._lease},
        )

    def delete(self, message_id: int) -> None:
        """Remove a message for good."""
        with self._writing() as database:
            database.execute("DELETE FROM message WHERE id = ?", (message_id,))

    def release(self, message_id: int, *, blameless: bool = False) -> None:
        """Give a lease back; a blameless message does not come nearer to the delivery limit."""
        with self._writing() as database:
            database.execute(
                "UPDATE message SET holder = NULL, deliveries = deliveries - ?"
                " WHERE id = ? AND holder = ?",
                (int(blameless), message_id, self._holder),
            )

    def renew(self, message_ids: list[int]) -> None:
        """Prolong leases; those that somebody else took over meanwhile stay with them."""
        if not message_ids:
            return
        now = self._clock()
        with self._writing() as database:
            database.executemany(
                "UPDATE message SET leased_at = ? WHERE id = ? AND holder = ?",
                [(now, message_id, self._holder) for message_id in message_ids],
            )

    def count(self, queue: str) -> int:
        """Count the messages that wait to be taken."""
        condition = f"queue = :queue AND {FREE} AND (expires_at IS NULL OR expires_at > :now)"
        with self._opened() as database:
            row = database.execute(
                f"SELECT count(*) FROM message WHERE {condition}",  # noqa: S608
                {"queue": queue, "now": self._clock(), "lease": self._lease},
            ).fetchone()
        return int(row[0])

    def purge(self, queue: str) -> int:
        """Remove the messages that wait to be taken, and return how many they were."""
        with self._writing() as database:
            return database.execute(
                f"DELETE FROM message WHERE queue = :queue AND {FREE}",  # noqa: S608
                {"queue": queue, "now": self._clock(), "lease": self._lease},
            ).rowcount


def set_aside_damaged(path: Path) -> Path | None:
    """Rename a file that SQLite cannot read, so that a new one is made; return its new name.

    Call it while nothing has the file open.
    """
    if not path.exists():
        return None
    database = sqlite3.connect(path)
    try:
        sound = database.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    finally:
        database.close()
    if sound:
        return None
    for remainder in (f"{path}-wal", f"{path}-shm"):
        Path(remainder).unlink(missing_ok=True)
    return path.rename(path.with_suffix(".damaged"))


def _connect(path: Path) -> sqlite3.Connection:
    make_private_folder(path.parent)
    # SQLite gives its -wal and -shm files the mode of the main file, so that one comes first.
    path.touch(mode=0o600)
    path.chmod(0o600)
    database = sqlite3.connect(
        path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        # Only works before the first table; keeps the file as small as its backlog.
        database.execute("PRAGMA auto_vacuum=FULL")
        database.execute("PRAGMA journal_mode=WAL")
        # A power cut may lose the last messages but not the file; jobs live in another database.
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("PRAGMA journal_size_limit=4194304")
        database.executescript(TABLE)
    except BaseException:
        database.close()
        raise
    return database


def _close(database: sqlite3.Connection, pid: int) -> None:
    if pid == os.getpid():
        database.close()
    else:
        _inherited.append(database)
