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
        return self.filter(in_team | Q(team=None), user=user)

    def unread(self) -> Self:
        """Keep unread notifications."""
        return self.filter(read_at=None)


class Notification(models.Model):
    """One event that one user is notified of; ``mood`` is done, fail, or off."""

    class Page(models.TextChoices):
        """The page that a notification links to, if it is not about a job."""

        KEEPING = "keeping", "Your clones in cleanup"
        CLEANUP = "cleanup", "Cleanup"
        ACCOUNT = "account", "Account"
        TEAM = "team", "Team"
        HEALTH = "health", "Health"

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
    page = models.CharField(max_length=10, choices=Page.choices, blank=True)
    text = models.CharField(max_length=500)
    mood = models.CharField(max_length=4)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # It matters to people who aren't here, so it's also emailed unless they read it first.
    awaits_mail = models.BooleanField(default=False)

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
