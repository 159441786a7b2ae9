"""Commits that survive a power cut, where the embedded database would risk its last ones."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def durable_transaction() -> Iterator[None]:
    """Commit what happens inside so that not even a power cut takes it back.

    SQLite in WAL mode with synchronous=NORMAL may lose its last commits when the power goes;
    FULL for just this commit costs some milliseconds. Other databases do it anyway.
    """
    full = connection.vendor == "sqlite" and not connection.in_atomic_block
    if full:
        _set_synchronous("FULL")
    try:
        with transaction.atomic():
            yield
    finally:
        if full:
            _set_synchronous("NORMAL")


def _set_synchronous(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={level}")
