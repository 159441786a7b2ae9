"""What a worker found out about a sample."""

from datetime import datetime
from typing import Any

from django.db import models

from catalog.models.accounts import Team, User
from catalog.models.clones import Sample


class SampleReport(models.Model):
    """The measures of one sample, made once; what they mean is worked out when they are shown."""

    class State(models.TextChoices):
        """How far the worker is."""

        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    sample = models.OneToOneField(Sample, on_delete=models.CASCADE, related_name="report")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    measures: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=20, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Report on sample {self.sample_id}"

    @property
    def is_waiting(self) -> bool:
        """Tell whether no worker has listened yet."""
        return self.state == self.State.WAITING

    @property
    def has_failed(self) -> bool:
        """Tell whether nothing could be measured."""
        return self.state == self.State.FAILED


def keep_sample(
    owner: User,
    team: Team,
    filename: str,
    audio_format: str,
    stored: tuple[str, int, str],
    now: datetime,
) -> SampleReport:
    """Write the rows of a stored recording (path, size, sha256) and of its report to come."""
    sample = Sample.objects.create(
        team=team,
        owner=owner,
        path=stored[0],
        filename=filename,
        audio_format=audio_format,
        size=stored[1],
        sha256=stored[2],
        uploaded_at=now,
    )
    return SampleReport.objects.create(sample=sample, asked_at=now)
