"""Hold a row of work: one worker at a time, found out when it dies, fenced off when it wakes."""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Model, Q, QuerySet

from catalog.models.base.leases import LeasedWork, due_work

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
WAKE_EVERY = timedelta(seconds=30)

Clock = Callable[[], datetime]
RowId = uuid.UUID | str


class LeaseLost(Exception):
    """Another worker holds the row now; nothing more may be written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one row, as long as its fence has not moved on."""

    model: type[Model]
    pk: RowId
    fence: int
    clock: Clock
    # The columns that hold it: a row may be leased for more than one kind of work.
    until: str = "lease_until"
    fence_name: str = "fence"

    def write(self, **values: Any) -> None:
        """Change the row; raises LeaseLost when another worker took it over."""
        if not self._rows().update(**values):
            raise LeaseLost

    def extend(self) -> bool:
        """Keep the row for another lease; False when it is no longer ours."""
        return bool(self._rows().update(**{self.until: self.clock() + LEASE}))

    def demand(self) -> None:
        """Raise LeaseLost when another worker took the row over."""
        if not self._rows().exists():
            raise LeaseLost

    def release(self, *, after: timedelta = timedelta(0), **values: Any) -> None:
        """Give the row back, to be taken up again no sooner than ``after`` from now."""
        values = {"waits_for_answer": False, **values}
        self.write(lease_until=None, not_before=self.clock() + after, woken_at=None, **values)

    def _rows(self) -> Any:
        return self.model._default_manager.filter(**{"pk": self.pk, self.fence_name: self.fence})


def claim_work(
    model: type[LeasedWork], pk: RowId, *, states: tuple[str, ...], running: str, clock: Clock
) -> Lease | None:
    """Take the row if nobody holds it; one statement, so that only one worker gets it."""
    now = clock()
    rows = model._default_manager.filter(due_work(now), pk=pk, state__in=states)
    if not rows.update(state=running, lease_until=now + LEASE, fence=F("fence") + 1):
        return None
    fence = model._default_manager.values_list("fence", flat=True).get(pk=pk)
    return Lease(model, pk, fence, clock)


@contextmanager
def keep_alive(lease: Lease) -> Iterator[None]:
    """Extend the lease from a thread for as long as the work inside takes."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(lease, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(lease: Lease, stop: threading.Event) -> None:
    try:
        while not stop.wait(LEASE.total_seconds() / 3):
            try:
                if not lease.extend():
                    return
            except DatabaseError:
                logger.warning("Could not extend a lease; trying again", exc_info=True)
    finally:
        connection.close()


def find_due(model: type[LeasedWork], states: tuple[str, ...], now: datetime) -> list[Any]:
    """Return ids of work that should go on, each at most once in half a minute.

    Without the thinning a long queue would fill the broker with wake-ups for the same rows.
    """
    rows = model._default_manager.filter(due_work(now), state__in=states)
    unwoken = rows.filter(
        Q(woken_at=None)
        | Q(woken_at__lte=now - WAKE_EVERY)
        # A wake-up in the future was noted by a clock that was wrong.
        | Q(woken_at__gt=now + WAKE_EVERY)
    ).order_by("created_at")
    if not unwoken.exists():
        return []
    with transaction.atomic():
        # Locked, so that of two schedules at work by mistake only one wakes each row.
        locked = unwoken.select_for_update(skip_locked=True)
        ids = list(locked.values_list("pk", flat=True)[:200])
        model._default_manager.filter(pk__in=ids).update(woken_at=now)
    return ids


def stop_unsent(rows: QuerySet[Any], message: str, now: datetime) -> int:
    """End the work among these rows that has not reached a provider; return how much it was.

    A worker may hold some of it, with a key in hand: past the fence it sends nothing.
    """
    unsent = rows.filter(state__in=rows.model.ACTIVE_STATES, step=LeasedWork.Step.PLANNED)
    return unsent.update(
        state="failed",
        message=message[:500],
        ended_at=now,
        lease_until=None,
        fence=F("fence") + 1,
    )
