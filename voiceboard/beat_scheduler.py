"""The scheduler: sends periodic tasks to workers, and runs the sweeps in its own process.

Any number of hosts can run one. Each tick is claimed by its row, which also says when it ran last.
A sweep takes milliseconds and starts all other work, so it doesn't wait in a queue.
"""

from datetime import timedelta
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from django.db import close_old_connections

# These only read which rows are due and send messages.
RUN_HERE = frozenset({"catalog.sweep", "catalog.sync_due", "catalog.listen_due"})


class BeatScheduler(Scheduler):
    """Celery's scheduler, which keeps its times in the database and runs the sweeps itself."""

    def setup_schedule(self) -> None:
        """Read the schedule, and when each task ran last."""
        from catalog.jobs.health.ticks import find_last_runs  # noqa: PLC0415  (needs loaded apps)

        self.merge_inplace(self.app.conf.beat_schedule)
        periods = {name: _read_period(entry) for name, entry in self.schedule.items()}
        for name, last_run_at in find_last_runs(periods).items():
            self.schedule[name].last_run_at = last_run_at

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **options: Any
    ) -> Any:
        """Run a sweep, or send a task to the workers, unless another host's schedule did."""
        from catalog.core.clock import database_now  # noqa: PLC0415  (needs loaded apps)
        from catalog.jobs.health.ticks import claim_tick  # noqa: PLC0415

        close_old_connections()
        try:
            if not claim_tick(str(entry.name), _read_period(entry), database_now()):
                return None
            if entry.task not in RUN_HERE:
                return super().apply_async(entry, producer=producer, advance=advance, **options)
            self.app.tasks[entry.task]()
        finally:
            close_old_connections()
        return None


def _read_period(entry: ScheduleEntry) -> timedelta:
    period: timedelta = entry.schedule.run_every  # type: ignore[union-attr]
    return period
