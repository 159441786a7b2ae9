"""Tell whether work that looks unsent may have been sent after all.

After a restore from a backup, the rows say what was true when the backup was taken. What workers
sent since then is known only to the providers. A restore needs a new start of the workers, so a
row that is older than this start may be such a row.
"""

from datetime import datetime, timedelta

from catalog.models.base.leases import LeasedWork

# Work that waits for longer than this without a worker seeing it is rare, and a look costs little.
_UNATTENDED_AFTER = timedelta(minutes=2)

_starts: list[datetime] = []


def note_start(now: datetime | None) -> None:
    """Keep when this installation's workers were started; None forgets it."""
    _starts[:] = [] if now is None else [now]


def get_start() -> datetime | None:
    """Return when the workers were started, or None outside of a worker."""
    return _starts[0] if _starts else None


def known_unsent_at(work: LeasedWork) -> datetime:
    """Return the last moment at which it is certain that nothing of the work had been sent."""
    return work.unsent_at or work.created_at


def may_be_restored(work: LeasedWork) -> bool:
    """Tell whether the row may come from a backup, so that the work may have been sent since."""
    started = get_start()
    return started is not None and known_unsent_at(work) < started


def is_doubtful(work: LeasedWork, now: datetime) -> bool:
    """Tell whether a look at the provider should come before the first call."""
    return may_be_restored(work) or now - known_unsent_at(work) > _UNATTENDED_AFTER
