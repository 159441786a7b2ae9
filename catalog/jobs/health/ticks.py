"""Claim periodic tasks, so that each runs once even if every host has a schedule."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from catalog.models import Tick

# The clocks by which schedules wait are never exactly as fast as the database's.
_EARLY = timedelta(seconds=0.5)


def claim_tick(name: str, every: timedelta, now: datetime) -> bool:
    """Return whether the caller has to run the task now; ``now`` is the database's time."""
    due = Q(next_at__lte=now + _EARLY)
    # A time further ahead was written by a wrong clock.
    due |= Q(next_at__gt=now + every + _EARLY)
    if Tick.objects.filter(due, name=name).update(next_at=now + every):
        return True
    _, is_new = Tick.objects.get_or_create(name=name, defaults={"next_at": now + every})
    return is_new


def find_last_runs(periods: Mapping[str, timedelta]) -> dict[str, datetime]:
    """Return when each of these tasks ran last; those that never ran are left out."""
    rows = Tick.objects.filter(name__in=periods).values_list("name", "next_at")
    return {name: next_at - periods[name] for name, next_at in rows}
