"""Signs of life of the processes that work in the background."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models

# Three beats missed in a row: a busy machine may skip one.
_SILENCE = timedelta(seconds=45)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Beats by how long ago they were heard."""

    def alive(self, now: datetime) -> Self:
        """Keep the processes that were heard of lately."""
        return self.filter(seen_at__gt=now - _SILENCE)


class Heartbeat(models.Model):
    """The last sign of life of one process: a worker with its queues, or the schedule."""

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
        """Tell whether it was heard of lately."""
        return self.seen_at > now - _SILENCE
