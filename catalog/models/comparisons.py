"""Comparisons of several voices that speak the same text, and the votes."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.credentials.key_sets import KeySet
from catalog.models.credentials.keys import ProviderAccount
from catalog.models.syntheses import Synthesis
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice

# Their product stays below the number of texts that a person may synthesize in a minute.
MOST_VOICES = 8
MOST_TEXTS = 3
_LABELS = "ABCDEFGH"


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    """Queries for comparisons."""

    def visible_to(self, user: User) -> Self:
        """Keep comparisons of the user's team in which the user can see every voice."""
        accounts = ProviderAccount.objects.visible_to(user).values("pk")
        hidden = KeySet.objects.hidden_from(user).values("pk")
        unseen = ComparedVoice.objects.filter(
            ~Q(voice__account__in=accounts) | Q(voice__key_set__in=hidden)
        )
        own = self.filter(team__in=Team.objects.visible_to(user))
        return own.exclude(pk__in=unseen.values("comparison"))

    def rounds_of(self, comparison: "Comparison") -> Self:
        """Keep all rounds of the comparison, in order; the given one may be any of them."""
        first = comparison.first_id or comparison.pk
        return self.filter(Q(pk=first) | Q(first=first)).order_by("place")


class Comparison(models.Model):
    """One round of a comparison: a text that the voices speak, and the team's votes.

    The ``first`` round stands for the whole comparison; the others refer to it, have the same
    voices, and end with it. In a blind one, the names of the voices are hidden until then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="comparisons")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="comparisons")
    first = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="other_rounds"
    )
    place = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    is_blind = models.BooleanField(default=False)
    votes_wanted = models.PositiveSmallIntegerField(default=1)
    revealed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "created_at"], name="comparison_by_team")]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log; it doesn't give away the voices of a blind vote."""
        return f"Comparison by {self.made_by}"

    @property
    def hides_names(self) -> bool:
        """Return whether the names of the voices are hidden."""
        return self.is_blind and self.revealed_at is None

    @property
    def takes_votes(self) -> bool:
        """Return whether votes can still be cast or changed."""
        return self.revealed_at is None


class ComparedVoice(models.Model):
    """One voice of a comparison; ``place`` decides the letter that hides its name.

    ``disguised_path`` is a copy of its clip in the format that all clips of a blind vote share.
    """

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="entries")
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="comparisons")
    place = models.PositiveSmallIntegerField()
    speech = models.ForeignKey(
        Synthesis, null=True, on_delete=models.SET_NULL, related_name="comparisons"
    )
    disguised_path = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "place"], name="one_voice_for_a_place_of_a_comparison"
            ),
            models.UniqueConstraint(
                fields=["comparison", "voice"], name="a_voice_is_compared_once"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What the voice is called while its name is hidden."""
        return f"Voice {_LABELS[self.place]}"


class Vote(models.Model):
    """A user's vote for the best voice of a comparison."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="votes")
    entry = models.ForeignKey(ComparedVoice, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="votes")
    voted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "user"], name="one_vote_for_a_person_and_round"
            )
        ]

    def __str__(self) -> str:
        return f"Vote {self.pk}"
