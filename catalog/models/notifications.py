"""Notifications in the app."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.core.locales import say_stored
from catalog.models.cleanups.plans import CleanupPlan
from catalog.models.clones.jobs import CloneJob
from catalog.models.teams.teams import Team
from catalog.models.users import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Queries for notifications."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own notifications about their current team and about their account."""
        in_team = Q(team__in=Team.objects.visible_to(user))
        return self.filter(in_team | Q(team=None), user=user, is_shown=True)

    def unread(self) -> Self:
        """Keep unread notifications."""
        return self.filter(read_at=None)


class Notification(models.Model):
    """One event that one user is notified of; ``mood`` is done, fail, or off."""

    class Event(models.TextChoices):
        """What happened; people choose for each how they hear of it."""

        JOB = "job", "A job is done or failed"
        STUCK = "stuck", "A job needs your attention"
        VOICE = "voice", "A voice you use is gone or has changed"
        OWNED = "owned", "Someone gave you a voice, or archived yours"
        END = "end", "A voice ends soon"
        PLAN = "plan", "A cleanup plan is ready, or deletes your voices soon"
        OUTCOME = "outcome", "A cleanup plan is done or was canceled"
        REPORT = "report", "The weekly cleanup report"
        KEY = "key", "An API key doesn't work anymore"
        CONSENT = "consent", "A speaker's consent was given, ends soon, or was withdrawn"
        BUDGET = "budget", "A budget is reached"
        SYNC = "sync", "An account can't be synced"
        TOKEN = "token", "An API token ends soon or was revoked"
        TEAM = "team", "Someone in your team was suspended or lost a role"
        SERVER = "server", "The server needs its operator"
        SECURITY = "security", "Your account's security"

    class Delivery(models.TextChoices):
        """Whether an event is also emailed, unless it is read in the app first."""

        OFF = "off", "No"
        NOW = "now", "At once"
        DAILY = "daily", "Once a day"

    class Page(models.TextChoices):
        """The page that a notification links to, if it is not about a job."""

        KEEPING = "keeping", "Your clones in cleanup"
        CLEANUP = "cleanup", "Cleanup"
        EXPIRY = "expiry", "What ends"
        VOICE = "voice", "Voice"
        NEWS = "news", "What's new"
        KEY = "key", "Key"
        ACCOUNTS = "accounts", "Accounts"
        ACCOUNT = "account", "Account"
        TOKENS = "tokens", "API tokens"
        TEAM = "team", "Team"
        HEALTH = "health", "Health"
        EVACUATION = "evacuation", "Replacement plan"
        SPEAKER = "speaker", "Speaker"
        CONSENT = "consent", "A consent request"
        SPENDING = "spending", "Spending"
        WITHDRAWAL = "withdrawal", "Withdrawal"

    # None for what concerns the user's account in every team.
    team = models.ForeignKey(
        Team, null=True, on_delete=models.CASCADE, related_name="notifications"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    job = models.ForeignKey(
        CloneJob, null=True, on_delete=models.CASCADE, related_name="notifications"
    )
    # The waiting plan that the notification announces, and with which it ends.
    plan = models.ForeignKey(
        CleanupPlan, null=True, on_delete=models.CASCADE, related_name="notifications"
    )
    event = models.CharField(max_length=10, choices=Event.choices, blank=True)
    page = models.CharField(max_length=20, choices=Page.choices, blank=True)
    # The id of what the page shows, for pages that show one thing.
    about = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=500)
    mood = models.CharField(max_length=4)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # False for what the person wants only by email.
    is_shown = models.BooleanField(default=True)
    # How it is still to be emailed, OFF once it was.
    mail = models.CharField(max_length=5, choices=Delivery.choices, default=Delivery.OFF)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "catalog_notice"
        indexes = [models.Index(fields=["user", "read_at"], name="notice_by_person")]

    def __str__(self) -> str:
        return f"Notification {self.pk}"

    @property
    def words(self) -> str:
        """The text as its reader writes days and numbers."""
        return say_stored(self.text)

    @property
    def icon(self) -> str:
        """The icon for the mood, which works without color."""
        return {"done": "circle-check", "fail": "circle-alert"}.get(self.mood, "circle-x")


# These can't be turned off; emails about them are written at once, and not by a choice.
ALWAYS_SHOWN = frozenset({Notification.Event.SECURITY})
# How events are emailed to people who didn't choose. Waiting can cost what these are about.
DEFAULT_MAIL = {
    **dict.fromkeys(Notification.Event, Notification.Delivery.NOW),
    Notification.Event.VOICE: Notification.Delivery.DAILY,
    Notification.Event.END: Notification.Delivery.DAILY,
    # Good news, what someone already did, and what has emails of its own.
    Notification.Event.JOB: Notification.Delivery.OFF,
    Notification.Event.OWNED: Notification.Delivery.OFF,
    Notification.Event.OUTCOME: Notification.Delivery.OFF,
    Notification.Event.REPORT: Notification.Delivery.OFF,
    Notification.Event.SECURITY: Notification.Delivery.OFF,
}


class NotificationChoice(models.Model):
    """How one person wants to hear of one event, if not the usual way."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_choices")
    event = models.CharField(max_length=10, choices=Notification.Event.choices)
    is_shown = models.BooleanField()
    mail = models.CharField(max_length=5, choices=Notification.Delivery.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "event"], name="one_choice_per_event")
        ]

    def __str__(self) -> str:
        return f"Notification choice {self.pk}"
