"""Announced ends of voices, accounts, and providers, and the reminders that were sent."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.core.locales import say_day
from catalog.models.credentials.keys import ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice
from catalog.providers.registry import get_adapter
from catalog.providers.types import ProviderInfo


class EndNoticeQuerySet(models.QuerySet["EndNotice"]):
    """Queries for announced ends."""

    def visible_to(self, user: User) -> Self:
        """Keep notices of the user's team, except about accounts and voices the user can't see."""
        accounts = ProviderAccount.objects.visible_to(user).values("pk")
        voices = Voice.objects.visible_to(user).values("pk")
        return self.filter(
            Q(account=None) | Q(account__in=accounts),
            Q(voice=None) | Q(voice__in=voices),
            team__in=Team.objects.visible_to(user),
        )

    def active(self) -> Self:
        """Leave out notices that were withdrawn."""
        return self.filter(withdrawn_at=None)


class EndNotice(models.Model):
    """The end of a whole provider, of one account, or of one voice, as announced.

    Either ``ends_on`` is the last day, or ``unused_days`` is after how many days without use the
    provider deletes a clone of the account.
    """

    class Source(models.TextChoices):
        """Who told us."""

        ADMIN = "admin", "Added by an admin"
        PROVIDER = "provider", "Announced by the provider"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="end_notices")
    provider = models.CharField(max_length=40)
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.CASCADE, related_name="end_notices"
    )
    voice = models.ForeignKey(
        Voice, null=True, on_delete=models.CASCADE, related_name="end_notices"
    )
    ends_on = models.DateField(null=True)
    unused_days = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.ADMIN)
    announced_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    announced_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = EndNoticeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "withdrawn_at"], name="end_notice_by_team")]

    def __str__(self) -> str:
        return f"End notice {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"{self.subject}: {self.words}"

    @property
    def info(self) -> ProviderInfo:
        """The provider's description and abilities."""
        return get_adapter(self.provider).info

    @property
    def subject(self) -> str:
        """What ends, as text."""
        if self.voice is not None:
            return self.voice.full_name
        if self.account is None:
            return self.info.label
        return (
            f"{self.info.label} · {self.account.label}"
            if self.account.label
            else (f"{self.info.label} account")
        )

    @property
    def words(self) -> str:
        """The announcement, as text."""
        if self.unused_days is not None:
            return f"deletes clones that were not used for {self.unused_days} days"
        if self.ends_on is None:
            return "ends on a date that isn't known yet"
        return f"ends on {say_day(self.ends_on)}"


class EndReminder(models.Model):
    """A reminder that was sent for the end of one voice on one day; a later end gets its own."""

    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="end_reminders")
    ends_on = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voice", "ends_on"], name="one_reminder_per_end")
        ]

    def __str__(self) -> str:
        return f"Reminder of the end of voice {self.voice_id}"
