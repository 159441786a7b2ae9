"""Quality reports of samples."""

from typing import Any

from django.db import models

from catalog.models.samples.samples import Sample


class SampleReport(models.Model):
    """The measurements of one sample, taken once; the verdicts are computed when shown."""

    class State(models.TextChoices):
        """The state of the analysis."""

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
        """Return whether the sample has not been analyzed yet."""
        return self.state == self.State.WAITING

    @property
    def has_failed(self) -> bool:
        """Return whether the analysis failed."""
        return self.state == self.State.FAILED
