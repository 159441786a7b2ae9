"""Saved searches, and selections of voices."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from catalog.models.teams.teams import Team
from catalog.models.users import User


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    """Queries for saved searches."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own searches and those shared in their team."""
        mine = self.filter(team__in=Team.objects.visible_to(user))
        return mine.filter(Q(owner=user) | Q(is_shared=True))

    def kept(self) -> Self:
        """Leave out removed searches."""
        return self.filter(removed_at=None)


class SavedSearch(models.Model):
    """A named filter with its order; ``query`` is the query string without layout and page."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="searches")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="searches")
    name = models.CharField(max_length=80)
    query = models.TextField()
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = SavedSearchQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class SelectionQuerySet(models.QuerySet["Selection"]):
    """Queries for selections."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own selections."""
        return self.filter(user=user, team__in=Team.objects.visible_to(user))


class Selection(models.Model):
    """The voices that a user selected, by id; voices that match later are not included."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="selections")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="selections")
    voice_ids: "models.JSONField[list[int], list[int]]" = models.JSONField()
    chosen_at = models.DateTimeField()
    # What was done to it last: words for the user, the voices left out and why, and how to undo it.
    outcome: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    # How many downloads a worker still has to record as uses of the voices.
    unnoted_exports = models.PositiveIntegerField(default=0)

    objects = SelectionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Selection {self.pk}"


class IndexFile(models.Model):
    """The newest search index of some teams (``scope``) in one layout, and where it is stored."""

    scope = models.CharField(max_length=200)
    layout = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    # The number of the last change to each team's voices that the index has.
    versions: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "layout"], name="one_index_for_a_layout"),
        ]

    def __str__(self) -> str:
        return f"Index {self.key}"
