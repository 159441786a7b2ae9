"""The sandbox's storage: JSON documents and recordings by account, in one SQLite file."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalog.core.private_files import make_private_folder

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    shelf TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (shelf, kind, id)
);
CREATE TABLE IF NOT EXISTS recordings (
    shelf TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (shelf, id)
);
"""


class Store:
    """Documents on shelves, one per account; in memory unless a path is given."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            make_private_folder(path.parent)
            # SQLite copies the main file's mode to its side files, so it must be set first.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.RLock()
        self._database = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block atomically, without other threads in between; can be nested."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def put(self, shelf: str, kind: str, key: str, document: dict[str, Any]) -> None:
        """Add a document, or replace it in place."""
        body = json.dumps(document, ensure_ascii=False)
        self._run(
            "INSERT INTO documents (shelf, kind, id, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (shelf, kind, id) DO UPDATE SET body = excluded.body",
            (shelf, kind, key, body),
        )

    def get(self, shelf: str, kind: str, key: str) -> dict[str, Any] | None:
        """Return one document, or None."""
        rows = self._run(
            "SELECT body FROM documents WHERE shelf = ? AND kind = ? AND id = ?", (shelf, kind, key)
        )
        return json.loads(rows[0][0]) if rows else None

    def find(self, shelf: str, kind: str) -> dict[str, dict[str, Any]]:
        """Return all documents of a kind by their id, oldest first."""
        rows = self._run(
            "SELECT id, body FROM documents WHERE shelf = ? AND kind = ? ORDER BY place",
            (shelf, kind),
        )
        return {key: json.loads(body) for key, body in rows}

    def remove(self, shelf: str, kind: str, key: str) -> None:
        """Delete one document."""
        self._run(
            "DELETE FROM documents WHERE shelf = ? AND kind = ? AND id = ?", (shelf, kind, key)
        )

    def shelves(self, prefix: str) -> list[str]:
        """Return the names of the shelves in use that start with a prefix."""
        rows = self._run("SELECT DISTINCT shelf FROM documents ORDER BY shelf", ())
        return [shelf for (shelf,) in rows if shelf.startswith(prefix)]

    def put_recording(self, shelf: str, key: str, content: bytes) -> None:
        """Store a recording."""
        self._run("INSERT OR REPLACE INTO recordings VALUES (?, ?, ?)", (shelf, key, content))

    def get_recording(self, shelf: str, key: str) -> bytes | None:
        """Return a recording, or None."""
        rows = self._run("SELECT content FROM recordings WHERE shelf = ? AND id = ?", (shelf, key))
        return rows[0][0] if rows else None

    def remove_recording(self, shelf: str, key: str) -> None:
        """Delete a recording."""
        self._run("DELETE FROM recordings WHERE shelf = ? AND id = ?", (shelf, key))

    def clear(self) -> None:
        """Delete everything."""
        with self.transaction():
            self._run("DELETE FROM documents", ())
            self._run("DELETE FROM recordings", ())

    def close(self) -> None:
        """Close the database; it can't be used afterwards."""
        with self._lock:
            self._database.close()

    def _run(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()
