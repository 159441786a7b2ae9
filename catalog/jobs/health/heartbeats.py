"""Write heartbeats of the background processes."""

from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from catalog.models import Heartbeat

BEAT_SECONDS = 10
SCHEDULE = "schedule"
_FORGOTTEN_AFTER = timedelta(hours=1)


def note_beat(name: str, queues: str, now: datetime) -> None:
    """Record that the process is alive; if the database is unreachable, skip this beat.

    In plain SQL, because the ORM would copy 6 MB into a process that runs no other query.
    """
    at = connection.ops.adapt_datetimefield_value(now)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Heartbeat._meta.db_table} (name, queues, seen_at, started_at)"  # noqa: S608
                " VALUES (%s, %s, %s, %s) ON CONFLICT (name)"
                " DO UPDATE SET queues = excluded.queues, seen_at = excluded.seen_at",
                (name[:120], queues[:120], at, at),
            )
    except DatabaseError:
        return


def measure_silence(name: str, now: datetime) -> timedelta:
    """Return the time since the process's last heartbeat, 0 for an unknown process."""
    seen_at = Heartbeat.objects.filter(name=name).values_list("seen_at", flat=True).first()
    return timedelta(0) if seen_at is None else max(timedelta(0), now - seen_at)


def end_beat(name: str) -> None:
    """Remove the heartbeat of a process that ended normally."""
    try:
        Heartbeat.objects.filter(name=name[:120]).delete()
    except DatabaseError:
        return


def forget_silent(now: datetime) -> int:
    """Remove processes without a heartbeat for an hour; return how many.

    The scheduler stays, because its silence shows how long nothing ran.
    """
    silent = Heartbeat.objects.filter(seen_at__lt=now - _FORGOTTEN_AFTER)
    return silent.exclude(name=SCHEDULE).delete()[0]


def hang_up() -> None:
    """Close the thread's database connection, so that none is open when a process forks."""
    connection.close()
