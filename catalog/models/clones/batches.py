"""Batches: what one submission of the clone form asks for."""

import uuid

from django.db import models

from catalog.models.consents import Consent
from catalog.models.samples.samples import Sample
from catalog.models.speakers import Speaker
from catalog.models.teams.teams import Team
from catalog.models.users import User


class CloneBatch(models.Model):
    """One submission: the voice of one speaker, at one or more providers.

    ``form_token`` makes a repeated submission of a form the same batch.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="clone_batches")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="clone_batches")
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="batches")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="batches")
    form_token = models.UUIDField(unique=True)
    asked_at = models.DateTimeField()

    class Meta:
        db_table = "catalog_cloneorder"

    def __str__(self) -> str:
        return f"Clone batch {self.pk}"


class CloneSource(models.Model):
    """One sample of a batch with its position and the part to use; 0 to None is all of it."""

    batch = models.ForeignKey(CloneBatch, on_delete=models.CASCADE, related_name="sources")
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="sources")
    position = models.PositiveSmallIntegerField()
    start_seconds = models.FloatField(default=0)
    end_seconds = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="one_source_per_place"),
            models.UniqueConstraint(fields=["batch", "sample"], name="one_source_per_sample"),
        ]

    def __str__(self) -> str:
        return f"Source {self.pk}"

    @property
    def is_cut(self) -> bool:
        """Return whether only a part of the sample is used."""
        return self.start_seconds > 0 or self.end_seconds is not None

    @property
    def seconds(self) -> float | None:
        """The length of the used part, None if the sample has not been measured yet."""
        if self.sample.seconds is None:
            return None
        end = min(self.end_seconds or self.sample.seconds, self.sample.seconds)
        return max(0.0, end - self.start_seconds)
