"""Stars, tags, notes, and ratings that users put on voices; a sync never changes them."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class Star(models.Model):
    """A user's favorite voice; only that user sees it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stars")
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="stars")
    starred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "voice"], name="one_star_per_person_and_voice")
        ]

    def __str__(self) -> str:
        return f"Star on voice {self.voice_id}"


class TagQuerySet(models.QuerySet["Tag"]):
    """Queries for tags."""

    def visible_to(self, user: User) -> Self:
        """Keep the tags of the user's team."""
        return self.filter(team__in=Team.objects.visible_to(user))


class Tag(models.Model):
    """A tag of one team; ``folded`` makes "Warm" and "warm" the same tag."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)
    folded = models.CharField(max_length=80)

    objects = TagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "folded"], name="one_tag_per_team_and_word")
        ]

    def __str__(self) -> str:
        return self.name


class TagUse(models.Model):
    """A tag on a voice."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="uses")
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="tag_uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tag", "voice"], name="one_use_per_tag_and_voice")
        ]

    def __str__(self) -> str:
        return f"Tag {self.tag_id} on voice {self.voice_id}"


class NoteQuerySet(models.QuerySet["Note"]):
    """Queries for notes."""

    def visible_to(self, user: User) -> Self:
        """Keep notes on voices that the user can see."""
        return self.filter(voice__in=Voice.objects.visible_to(user))

    def kept(self) -> Self:
        """Leave out removed notes."""
        return self.filter(removed_at=None)


class Note(models.Model):
    """A note about a voice, for the whole team; a removed one can be restored."""

    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Note on voice {self.voice_id}"


class Rating(models.Model):
    """A user's rating of a voice from 1 to 5; the team sees the average."""

    LEAST, MOST = 1, 5

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="ratings")
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="ratings")
    value = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "voice"], name="one_rating_per_person_and_voice"
            ),
            models.CheckConstraint(condition=Q(value__range=(1, 5)), name="rating_from_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"Rating of voice {self.voice_id}"
