"""Heartbeats of the background processes."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models

# Three missed heartbeats, because a busy machine may skip one.
_SILENCE = timedelta(seconds=45)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Queries for heartbeats."""

    def alive(self, now: datetime) -> Self:
        """Keep processes with a recent heartbeat."""
        return self.filter(seen_at__gt=now - _SILENCE)


class Heartbeat(models.Model):
    """The last heartbeat of a process: a worker with its queues, or the schedule."""

    name = models.CharField(max_length=120, unique=True)
    queues = models.CharField(max_length=120, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        db_table = "catalog_beat"

    def __str__(self) -> str:
        return self.name

    def is_alive(self, now: datetime) -> bool:
        """Return whether the heartbeat is recent."""
        return self.seen_at > now - _SILENCE
