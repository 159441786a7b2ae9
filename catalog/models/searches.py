"""Searches that somebody gave a name, and lists of voices frozen as they were chosen."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.teams.teams import Team
from catalog.models.users import User


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    """Saved searches by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the person's own searches, and those that their team shares."""
        mine = self.filter(team__in=Team.objects.visible_to(user))
        return mine.filter(Q(owner=user) | Q(is_shared=True))

    def kept(self) -> Self:
        """Leave out searches that were taken away."""
        return self.filter(removed_at=None)


class SavedSearch(models.Model):
    """A filter and its order under a name; ``query`` is the address without the view."""

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
    """Selections by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the person's own selections."""
        return self.filter(user=user, team__in=Team.objects.visible_to(user))


class Selection(models.Model):
    """The voices that somebody chose, by id: what arrives later is not among them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="selections")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="selections")
    voice_ids: "models.JSONField[list[int], list[int]]" = models.JSONField()
    chosen_at = models.DateTimeField()
    # How often it was downloaded since a worker last noted that its voices were used.
    unnoted_exports = models.PositiveIntegerField(default=0)

    objects = SelectionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Selection {self.pk}"
