"""Emails: each is a row until the mail server accepts it or there is no use in sending it."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models

from catalog.models.base.leases import LeasedWork
from catalog.models.users import User

# How long finished emails count as recent, on the Health page and in the metrics.
_RECENT = timedelta(days=1)


class MailQuerySet(models.QuerySet["Mail"]):
    """Queries for emails."""

    def unsent(self) -> Self:
        """Keep emails that are still to be sent."""
        return self.filter(state__in=Mail.ACTIVE_STATES)

    def current(self, now: datetime) -> Self:
        """Keep unsent emails, and those that ended within the last day."""
        return self.filter(models.Q(ended_at=None) | models.Q(ended_at__gt=now - _RECENT))


class Mail(LeasedWork):
    """One email to one person.

    It never holds a link that gives access: such a link is made when the email is sent. Subject
    and text are erased as soon as the email is sent or dropped.
    """

    class Kind(models.TextChoices):
        """What the email is about."""

        RESET = "reset", "Password reset link"
        SECURITY = "security", "Security notice"
        REPORT = "report", "Cleanup report"
        ATTENTION = "attention", "Needs attention"
        DIGEST = "digest", "Daily notifications"

    class State(models.TextChoices):
        """What became of the email."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        DROPPED = "dropped", "Dropped"

    ACTIVE_STATES = (State.WAITING, State.SENDING)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="emails")
    # Fixed when the email is written; the person's own may change before it is sent.
    address = models.EmailField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    # Where the person uses Voiceboard, such as "https://voices.example.com/", "" if unknown.
    site = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField()

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"], name="mail_by_state")]

    def __str__(self) -> str:
        return f"Email {self.pk}"
