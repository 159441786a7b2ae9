"""Detect work that looks unsent but may have been sent.

After a restore, rows show the state at the time of the backup. Only the providers know what
workers sent since then. A restore requires a restart of the workers, so any row older than this
start may come from a backup.
"""

from datetime import datetime, timedelta

from catalog.models.base.leases import LeasedWork

# Work rarely waits longer than this without a worker seeing it, and checking costs little.
_UNATTENDED_AFTER = timedelta(minutes=2)

_starts: list[datetime] = []


def note_start(now: datetime | None) -> None:
    """Remember when this installation's workers started; None forgets it."""
    _starts[:] = [] if now is None else [now]


def get_start() -> datetime | None:
    """Return when the workers started, or None outside a worker."""
    return _starts[0] if _starts else None


def known_unsent_at(work: LeasedWork) -> datetime:
    """Return the latest time at which the work is known to have been unsent."""
    return work.unsent_at or work.created_at


def may_be_restored(work: LeasedWork) -> bool:
    """Return whether the row may come from a backup, so the work may have been sent since."""
    started = get_start()
    return started is not None and known_unsent_at(work) < started


def is_doubtful(work: LeasedWork, now: datetime) -> bool:
    """Return whether to check the provider before the first call."""
    return may_be_restored(work) or now - known_unsent_at(work) > _UNATTENDED_AFTER
