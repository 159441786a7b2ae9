"""Rows that are work: one worker at a time may hold one, and any worker may take it up again."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

# Longer than any lease that is given: one that ends later was given before the clock was set back.
_LONGEST_LEASE = timedelta(minutes=5)
# The same for waits: after a day a job is given up.
_LONGEST_WAIT = timedelta(days=1)


class LeasedWork(models.Model):
    """Work that one worker at a time may hold: the row is the job, a message only wakes it.

    ``fence`` grows with every claim; a worker that was frozen past its lease finds its number
    outdated and can write nothing. ``unsent_at`` is when a worker last knew that nothing had been
    sent; without it, that is when the row was created. ``failure_count`` counts failures in a row,
    and ``waits_for_answer`` says that the row waits because of one, for a time that we chose: it
    goes on early when the provider answers again.
    """

    class Step(models.TextChoices):
        """How far the one call that must not be repeated blindly has come."""

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
    """Return the index of the rows that wait until their provider answers again."""
    return models.Index(fields=["not_before"], name=name, condition=Q(waits_for_answer=True))


def free_lease(now: datetime, column: str = "lease_until") -> Q:
    """Select rows whose lease nobody holds: none, run out, or given by a clock that was wrong."""
    return (
        Q(**{column: None})
        | Q(**{f"{column}__lt": now})
        | Q(**{f"{column}__gt": now + _LONGEST_LEASE})
    )


def due_work(now: datetime) -> Q:
    """Select work that nobody holds and that may go on now."""
    may_go_on = Q(not_before=None) | Q(not_before__lte=now)
    return free_lease(now) & (may_go_on | Q(not_before__gt=now + _LONGEST_WAIT))
