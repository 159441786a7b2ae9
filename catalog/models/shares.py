"""Links with which outsiders hear a collection or a comparison, and vote in it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.collections import Collection
from catalog.models.comparisons import Comparison
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class ShareQuerySet(models.QuerySet["Share"]):
    """Queries for share links."""

    def visible_to(self, user: User) -> Self:
        """Keep the links to what the user can open in their current team."""
        collections = Collection.objects.visible_to(user).values("pk")
        comparisons = Comparison.objects.visible_to(user).values("pk")
        opens = Q(collection__in=collections) | Q(comparison__in=comparisons)
        return self.filter(opens | Q(made_by=user), team__in=Team.objects.visible_to(user))


class Share(models.Model):
    """A link to one collection or comparison; only its hash is stored, and the row stays.

    ``password`` is hashed like a user's, "" for none. ``views`` counts each browser once.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shares")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.CASCADE, related_name="shares"
    )
    # The first round.
    comparison = models.ForeignKey(
        Comparison, null=True, on_delete=models.CASCADE, related_name="shares"
    )
    label = models.CharField(max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    password = models.CharField(max_length=128, blank=True)
    names_providers = models.BooleanField(default=False)
    takes_votes = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    views = models.PositiveIntegerField(default=0)
    viewed_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(collection=None) ^ Q(comparison=None), name="a_share_is_of_one_thing"
            )
        ]

    def __str__(self) -> str:
        return f"Share link {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log; it doesn't give away the voices of a blind vote."""
        target = self.collection or self.comparison
        return f"Share link {self.pk}: {getattr(target, 'log_name', target)}"

    def is_open(self, now: datetime) -> bool:
        """Return whether the link was not revoked and has not ended."""
        return self.revoked_at is None and now < self.ends_at


class ShareVote(models.Model):
    """What one outsider likes best in one round; ``browser`` is the hash of a random cookie."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="votes")
    place = models.PositiveSmallIntegerField(default=0)
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="+")
    browser = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    voted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["share", "place", "browser"], name="one_vote_for_a_browser_and_round"
            )
        ]

    def __str__(self) -> str:
        return f"Vote {self.pk}"
