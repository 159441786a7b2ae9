"""Heartbeats of processes, their hosts, the ticks that they share, and calls to providers."""

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
    """The last heartbeat of a worker with its queues, of a web server, or of the schedule."""

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


class Tick(models.Model):
    """A periodic task, which whoever claims it first runs for all schedules of all hosts."""

    name = models.CharField(max_length=120, unique=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Host(models.Model):
    """A machine that runs Voiceboard, and hashes of the settings that all of them must share."""

    name = models.CharField(max_length=255, unique=True)
    seen_at = models.DateTimeField()
    settings: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField()

    def __str__(self) -> str:
        return self.name


class ProviderCall(models.Model):
    """How many calls to a provider ended alike, since the first one; only ever added to.

    ``operation`` is the task that made them, and ``outcome`` "ok" or the kind of error.
    """

    provider = models.CharField(max_length=40)
    operation = models.CharField(max_length=60)
    outcome = models.CharField(max_length=40)
    number = models.PositiveBigIntegerField()
    seconds = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "operation", "outcome"], name="one_total_of_provider_calls"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider}, {self.operation}: {self.outcome}"
