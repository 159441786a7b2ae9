"""The database's clock: the one clock that all workers share, whatever their hosts' clocks say."""

from datetime import UTC, datetime

from django.db import connection

# SQLite runs inside the process, so its clock is its host's, and all processes share that host.
_QUESTIONS = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


def database_now() -> datetime:
    """Return the database's time of this moment, not of the transaction's start.

    Leases, waits and retries are measured by it: a worker whose own clock is wrong then neither
    takes over a row that another one holds, nor locks one for days.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUESTIONS[connection.vendor])
        found = cursor.fetchone()[0]
    return (
        found if isinstance(found, datetime) else datetime.fromisoformat(found).replace(tzinfo=UTC)
    )
