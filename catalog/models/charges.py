"""Charges: the ledger of every call that a provider may charge."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.teams.teams import Membership, Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice
from catalog.providers.registry import get_adapter


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Queries for charges."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own charges in their current team, and all of it for its admins."""
        runs = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
        rows = self.filter(team__in=Team.objects.visible_to(user))
        return rows.filter(Q(person=user) | Q(team__in=runs))

    def spent(self) -> Self:
        """Leave out what certainly cost nothing; an unclear call counts until it's settled."""
        return self.filter(is_free=False).exclude(state=Charge.State.NOT_CHARGED)


class Charge(models.Model):
    """One call that a provider may charge, stored before it is made.

    ``work`` and ``fence`` identify the job's attempt, which makes at most one such call. Names
    are stored next to ids, so the ledger stays complete when a key or a voice is removed.
    Amounts are None if the provider's price isn't known; ``reported`` is what the provider said
    it charged, in credits or in the charge's own unit.
    """

    class Kind(models.TextChoices):
        """What the call was for."""

        SPEECH = "speech", "Speech"
        PREVIEW = "preview", "Preview"
        CLONE = "clone", "Clone"

    class Unit(models.TextChoices):
        """What the quantity counts."""

        CHARACTERS = "characters", "Characters"
        VOICES = "voices", "Voices"

    class State(models.TextChoices):
        """Whether the provider charged for the call."""

        RESERVED = "reserved", "In progress"
        CHARGED = "charged", "Charged"
        UNCLEAR = "unclear", "Unclear"
        NOT_CHARGED = "none", "Not charged"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="charges")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="charges")
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.SET_NULL, related_name="charges"
    )
    account_name = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=40)
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="charges"
    )
    key_name = models.CharField(max_length=120, blank=True)
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="charges")
    voice_name = models.CharField(max_length=200, blank=True)
    # The voice's id at the provider, to find the call in the provider's history.
    remote_id = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    work = models.UUIDField()
    fence = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    unit = models.CharField(max_length=10, choices=Unit.choices)
    is_free = models.BooleanField(default=False)
    price = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True)
    price_source = models.CharField(max_length=200, blank=True)
    estimated = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    reported = models.PositiveIntegerField(null=True)
    actual = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RESERVED)
    # The entry of the provider's usage history that settled it.
    remote_ref = models.CharField(max_length=200, blank=True)
    charged_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["work", "fence"], name="one_charge_for_an_attempt")
        ]
        indexes = [
            models.Index(fields=["team", "charged_at"], name="charge_by_team"),
            models.Index(fields=["team", "person", "charged_at"], name="charge_by_person"),
            models.Index(
                fields=["charged_at"],
                condition=Q(state__in=["reserved", "unclear"]),
                name="charge_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"Charge {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"{self.get_kind_display()} at {self.provider_label}"

    @property
    def provider_label(self) -> str:
        """The provider's name."""
        return get_adapter(self.provider).info.label
