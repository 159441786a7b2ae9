"""The scheduler: sends periodic tasks to workers, and runs the sweeps in its own process.

A sweep takes milliseconds and starts all other work, so it doesn't wait in a queue.
"""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from django.db import close_old_connections

# These only read which rows are due and send messages.
RUN_HERE = frozenset({"catalog.sweep", "catalog.sync_due", "catalog.listen_due"})


class BeatScheduler(PersistentScheduler):
    """Celery's scheduler, which runs the sweeps itself."""

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **options: Any
    ) -> Any:
        """Run a sweep, or send a task to the workers."""
        if entry.task not in RUN_HERE:
            return super().apply_async(entry, producer=producer, advance=advance, **options)
        close_old_connections()
        try:
            self.app.tasks[entry.task]()
        finally:
            close_old_connections()
        return None
