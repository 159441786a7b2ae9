"""Pairs of voices that are likely the same, and what people decided about them."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class TwinSearch(models.Model):
    """Up to which embedding a team's voices were compared with each other."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="twin_search")
    newest_embedding = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Search for duplicates in team {self.team_id}"


class TwinPairQuerySet(models.QuerySet["TwinPair"]):
    """Queries for pairs."""

    def visible_to(self, user: User) -> Self:
        """Keep pairs of the user's team of which the user can see both voices."""
        seen = Voice.objects.visible_to(user).values("pk")
        rows = self.filter(team__in=Team.objects.visible_to(user))
        return rows.filter(first__in=seen, second__in=seen)

    def open(self) -> Self:
        """Keep pairs that nobody decided on."""
        return self.filter(state=TwinPair.State.OPEN)


class TwinPair(models.Model):
    """Two voices, the one with the lower id first, and why they are likely the same.

    ``score`` is how alike their previews sound, if that is a reason. A decision stays after later
    searches; ``kept`` is the voice that stayed, and ``added`` what merging added to it, for undo.
    """

    class State(models.TextChoices):
        """What people decided."""

        OPEN = "open", "Not decided"
        DIFFERENT = "different", "Different"
        MERGED = "merged", "Merged"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="twin_pairs")
    first = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="+")
    has_same_id = models.BooleanField(default=False)
    has_same_samples = models.BooleanField(default=False)
    score = models.FloatField(null=True)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    kept = models.ForeignKey(Voice, null=True, on_delete=models.CASCADE, related_name="+")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    added: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)

    objects = TwinPairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_row_per_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="lower_voice_first"),
        ]

    def __str__(self) -> str:
        return f"Pair {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"{self.first.full_name} and {self.second.full_name}"

    @property
    def voices(self) -> tuple[Voice, Voice]:
        """Both voices."""
        return self.first, self.second

    @property
    def lost(self) -> Voice:
        """The voice that did not stay."""
        return self.second if self.kept_id == self.first_id else self.first

    @property
    def reasons(self) -> list[str]:
        """Why they are likely the same, as sentences."""
        found = []
        if self.has_same_id:
            found.append("Both have the same ID at the provider, seen through two accounts.")
        if self.has_same_samples:
            found.append("Both were cloned from the same recordings at the same provider.")
        if self.score is not None:
            found.append(f"Their previews sound the same (similarity {self.score:.2f} of 1).")
        return found
