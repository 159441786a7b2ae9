"""Speakers: the people whose voices are cloned."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.credentials.key_sets import open_jobs
from catalog.models.teams.teams import Team
from catalog.models.users import User


class SpeakerQuerySet(models.QuerySet["Speaker"]):
    """Queries for speakers."""

    def visible_to(self, user: User) -> Self:
        """Keep speakers with a clone that the user can see, and those that the user added."""
        seen = Speaker.objects.filter(open_jobs(user, "batches__jobs__")).values("pk")
        return self.filter(team__in=Team.objects.visible_to(user)).filter(
            Q(added_by=user) | Q(pk__in=seen)
        )


class Speaker(models.Model):
    """A person whose voice the team clones; connects samples, jobs, and voices.

    ``withdrawing_since`` is set from the moment the speaker's permission is withdrawn until every
    copy is erased. Nothing is made with their voice meanwhile, whatever consents there are.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="speakers")
    name = models.CharField(max_length=120)
    folded = models.CharField(max_length=120)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="speakers")
    added_at = models.DateTimeField()
    withdrawing_since = models.DateTimeField(null=True)

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "folded"], name="speaker_by_name")]

    def __str__(self) -> str:
        return f"Speaker {self.pk}"
