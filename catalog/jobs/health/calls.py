"""Store how many calls to providers were made, and how they ended."""

from django.db import DatabaseError, connection

from catalog.models import ProviderCall
from catalog.providers.call_counts import take_counts


def store_calls(operation: str) -> None:
    """Add this process's calls to the totals; if the database is unreachable, they are lost.

    In plain SQL: totals only ever grow by what several processes add.
    """
    counts = take_counts()
    if not counts:
        return
    table = ProviderCall._meta.db_table
    rows = [
        (slug, operation[:60], outcome, count.number, count.seconds)
        for (slug, outcome), count in sorted(counts.items())
    ]
    try:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} (provider, operation, outcome, number, seconds)"  # noqa: S608
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (provider, operation, outcome)"
                f" DO UPDATE SET number = {table}.number + excluded.number,"
                f" seconds = {table}.seconds + excluded.seconds",
                rows,
            )
    except DatabaseError:
        return
