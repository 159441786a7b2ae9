"""The database's clock, which all workers share even if their hosts' clocks differ."""

from datetime import UTC, datetime

from django.db import connection

# SQLite runs in-process, so it uses the host's clock, but then all processes share one host.
_QUESTIONS = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


def database_now() -> datetime:
    """Return the database's current time, not the transaction's start time.

    Leases, waits, and retries use it. With its own wrong clock, a worker could take over a row that
    another one holds, or lock one for days.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUESTIONS[connection.vendor])
        found = cursor.fetchone()[0]
    return (
        found if isinstance(found, datetime) else datetime.fromisoformat(found).replace(tzinfo=UTC)
    )
