"""What a worker found out about a sample."""

from typing import Any

from django.db import models

from catalog.models.samples.samples import Sample


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
