"""Commits that survive a power failure, which SQLite's default settings don't guarantee."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def durable_transaction() -> Iterator[None]:
    """Run the block in a transaction that survives a power failure.

    In WAL mode with synchronous=NORMAL, SQLite may lose the latest commits in a power failure. FULL
    costs a few milliseconds, so it is set for this commit only. Other databases always do this.
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
