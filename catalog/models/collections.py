"""Collections of voices across providers, personal or shared."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Queries for collections."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own collections and those shared in their team."""
        mine = self.filter(team__in=Team.objects.visible_to(user))
        return mine.filter(Q(owner=user) | Q(is_shared=True))

    def kept(self) -> Self:
        """Leave out removed collections."""
        return self.filter(removed_at=None)


class Collection(models.Model):
    """An ordered list of voices for some purpose."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="collections")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="collections")
    maintainers = models.ManyToManyField(User, related_name="maintained_collections")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = CollectionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class CollectionEntry(models.Model):
    """A voice's place in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="entries")
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="collection_entries")
    position = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "voice"], name="one_place_per_collection_and_voice"
            )
        ]
        indexes = [models.Index(fields=["collection", "position"], name="entry_by_position")]

    def __str__(self) -> str:
        return f"Voice {self.voice_id} in collection {self.collection_id}"
