"""Lease a row to one worker at a time; a lease expires if its worker dies, and fences it off."""

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
    """Another worker holds the row now; stop writing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to one row until its fence moves on."""

    model: type[Model]
    pk: RowId
    fence: int
    clock: Clock
    # The columns of this lease: a row can be leased for several kinds of work.
    until: str = "lease_until"
    fence_name: str = "fence"

    def write(self, **values: Any) -> None:
        """Update the row; raises LeaseLost if another worker took it over."""
        if not self._rows().update(**values):
            raise LeaseLost

    def extend(self) -> bool:
        """Extend the lease; return False if another worker holds the row."""
        return bool(self._rows().update(**{self.until: self.clock() + LEASE}))

    def demand(self) -> None:
        """Raise LeaseLost if another worker took the row over."""
        if not self._rows().exists():
            raise LeaseLost

    def release(self, *, after: timedelta = timedelta(0), **values: Any) -> None:
        """Give the row back; it becomes due ``after`` from now."""
        values = {"waits_for_answer": False, **values}
        self.write(lease_until=None, not_before=self.clock() + after, woken_at=None, **values)

    def _rows(self) -> Any:
        return self.model._default_manager.filter(**{"pk": self.pk, self.fence_name: self.fence})


def claim_work(
    model: type[LeasedWork], pk: RowId, *, states: tuple[str, ...], running: str, clock: Clock
) -> Lease | None:
    """Claim the row with a single UPDATE, so only one worker gets it; None if it is taken."""
    now = clock()
    rows = model._default_manager.filter(due_work(now), pk=pk, state__in=states)
    if not rows.update(state=running, lease_until=now + LEASE, fence=F("fence") + 1):
        return None
    fence = model._default_manager.values_list("fence", flat=True).get(pk=pk)
    return Lease(model, pk, fence, clock)


@contextmanager
def keep_alive(lease: Lease) -> Iterator[None]:
    """Extend the lease from a background thread while the block runs."""
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
                logger.warning("Could not extend a lease; retrying", exc_info=True)
                connection.close()  # a connection that broke stays broken
    finally:
        connection.close()


def find_due(model: type[LeasedWork], states: tuple[str, ...], now: datetime) -> list[Any]:
    """Return ids of due work, each at most once every 30 seconds.

    Without this limit, a long queue would fill the broker with wake-ups for the same rows.
    """
    rows = model._default_manager.filter(due_work(now), state__in=states)
    unwoken = rows.filter(
        Q(woken_at=None)
        | Q(woken_at__lte=now - WAKE_EVERY)
        # A woken_at in the future was written by a wrong clock.
        | Q(woken_at__gt=now + WAKE_EVERY)
    ).order_by("created_at")
    if not unwoken.exists():
        return []
    with transaction.atomic():
        # Locked, so that two schedulers running by mistake don't wake the same row.
        locked = unwoken.select_for_update(skip_locked=True, no_key=True)
        ids = list(locked.values_list("pk", flat=True)[:200])
        model._default_manager.filter(pk__in=ids).update(woken_at=now)
    return ids


def stop_unsent(rows: QuerySet[Any], message: str, now: datetime) -> int:
    """Fail the work in these rows that has not reached a provider; return how many.

    A worker may hold some of it with a decrypted key; the raised fence keeps it from sending.
    """
    unsent = rows.filter(state__in=rows.model.ACTIVE_STATES, step=LeasedWork.Step.PLANNED)
    return unsent.update(
        state="failed",
        message=message[:500],
        ended_at=now,
        lease_until=None,
        fence=F("fence") + 1,
    )
