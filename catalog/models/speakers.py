"""Speakers: the people whose voices are cloned."""

from collections.abc import Iterable
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
        return self.visible_in(Team.objects.visible_to(user), user)

    def visible_in(self, own_teams: Iterable[Team], user: User) -> Self:
        """Keep the same of the given teams, which the caller knows to be the user's."""
        seen = Speaker.objects.filter(open_jobs(user, "batches__jobs__")).values("pk")
        return self.filter(Q(added_by=user) | Q(pk__in=seen), team__in=own_teams)


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
