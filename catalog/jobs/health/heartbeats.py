"""Leave signs of life of the processes that work in the background."""

from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from catalog.models import Heartbeat

BEAT_SECONDS = 10
SCHEDULE = "schedule"
_FORGOTTEN_AFTER = timedelta(hours=1)


def note_beat(name: str, queues: str, now: datetime) -> None:
    """Note that the process is alive; a database that cannot be reached hears it next time."""
    try:
        Heartbeat.objects.update_or_create(
            name=name[:120],
            defaults={"seen_at": now, "queues": queues[:120]},
            create_defaults={"seen_at": now, "started_at": now, "queues": queues[:120]},
        )
    except DatabaseError:
        return


def measure_silence(name: str, now: datetime) -> timedelta:
    """Return how long ago the process was last alive, 0 for one that is not known."""
    seen_at = Heartbeat.objects.filter(name=name).values_list("seen_at", flat=True).first()
    return timedelta(0) if seen_at is None else max(timedelta(0), now - seen_at)


def end_beat(name: str) -> None:
    """Note that the process has ended as it should."""
    try:
        Heartbeat.objects.filter(name=name[:120]).delete()
    except DatabaseError:
        return


def forget_silent(now: datetime) -> int:
    """Drop processes that were not heard of for long; return how many.

    The schedule stays: its silence says how long nothing ran.
    """
    silent = Heartbeat.objects.filter(seen_at__lt=now - _FORGOTTEN_AFTER)
    return silent.exclude(name=SCHEDULE).delete()[0]


def hang_up() -> None:
    """Close the thread's connection, so that none is open when a process forks."""
    connection.close()
