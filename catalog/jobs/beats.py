"""Leave signs of life of the processes that work in the background."""

from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from catalog.models import Beat

BEAT_SECONDS = 10
_FORGOTTEN_AFTER = timedelta(hours=1)


def note_beat(name: str, queues: str, now: datetime) -> None:
    """Note that the process is alive; a database that cannot be reached hears it next time."""
    try:
        Beat.objects.update_or_create(
            name=name[:120],
            defaults={"seen_at": now, "queues": queues[:120]},
            create_defaults={"seen_at": now, "started_at": now, "queues": queues[:120]},
        )
    except DatabaseError:
        return


def end_beat(name: str) -> None:
    """Note that the process has ended as it should."""
    try:
        Beat.objects.filter(name=name[:120]).delete()
    except DatabaseError:
        return


def forget_silent(now: datetime) -> int:
    """Drop processes that were not heard of for long; return how many."""
    return Beat.objects.filter(seen_at__lt=now - _FORGOTTEN_AFTER).delete()[0]


def hang_up() -> None:
    """Close the thread's connection, so that none is open when a process forks."""
    connection.close()
