"""Rows that represent work: one worker at a time holds the lease, and any worker can resume."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

# Longer than any lease we give: one that ends later dates from before the clock was set back.
_LONGEST_LEASE = timedelta(minutes=5)
# The same for waits: jobs give up after a day.
_LONGEST_WAIT = timedelta(days=1)


class LeasedWork(models.Model):
    """Work that one worker at a time may hold; the row is the job, and a message only wakes it.

    ``fence`` grows with every claim, so a worker that was frozen past its lease finds its number
    outdated and can't write. ``unsent_at`` is when a worker last knew that nothing had been sent,
    by default when the row was created. ``failure_count`` counts consecutive failures.
    ``waits_for_answer`` marks a row that waits because of a failure, for a time that we chose:
    it resumes early when the provider answers again.
    """

    class Step(models.TextChoices):
        """Progress of the one call that must not be repeated blindly."""

        PLANNED = "planned", "Planned"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Unknown"
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10)
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.PLANNED)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True)
    attempt_count = models.PositiveIntegerField(default=0)
    empty_look_count = models.PositiveIntegerField(default=0)
    failure_count = models.PositiveIntegerField(default=0)
    waits_for_answer = models.BooleanField(default=False)
    unsent_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def waits_index(name: str) -> models.Index:
    """Return the index of rows that wait until their provider answers again."""
    return models.Index(fields=["not_before"], name=name, condition=Q(waits_for_answer=True))


def free_lease(now: datetime, column: str = "lease_until") -> Q:
    """Match rows without a valid lease: none, expired, or given by a wrong clock."""
    return (
        Q(**{column: None})
        | Q(**{f"{column}__lt": now})
        | Q(**{f"{column}__gt": now + _LONGEST_LEASE})
    )


def due_work(now: datetime) -> Q:
    """Match work that has no lease holder and may continue now."""
    may_go_on = Q(not_before=None) | Q(not_before__lte=now)
    return free_lease(now) & (may_go_on | Q(not_before__gt=now + _LONGEST_WAIT))
