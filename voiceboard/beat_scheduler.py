"""The scheduler: sends periodic tasks to workers, and runs the sweeps in its own process.

Any number of hosts can run one: each tick is claimed by a row.

A sweep takes milliseconds and starts all other work, so it doesn't wait in a queue.
"""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from celery.schedules import schedule
from django.db import close_old_connections

# These only read which rows are due and send messages.
RUN_HERE = frozenset({"catalog.sweep", "catalog.sync_due", "catalog.listen_due"})


class BeatScheduler(PersistentScheduler):
    """Celery's scheduler, which runs the sweeps itself."""

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **options: Any
    ) -> Any:
        """Run a sweep, or send a task to the workers, unless another host's schedule did."""
        from catalog.core.clock import database_now  # noqa: PLC0415  (needs loaded apps)
        from catalog.jobs.health.ticks import claim_tick  # noqa: PLC0415

        assert isinstance(entry.schedule, schedule)  # noqa: S101  (each of ours has a period)
        close_old_connections()
        try:
            every = entry.schedule.run_every  # type: ignore[attr-defined]  # left out of celery-types
            if not claim_tick(str(entry.name), every, database_now()):
                return None
            if entry.task not in RUN_HERE:
                return super().apply_async(entry, producer=producer, advance=advance, **options)
            self.app.tasks[entry.task]()
        finally:
            close_old_connections()
        return None
