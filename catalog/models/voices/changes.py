"""Changes made here that still have to be sent to the voice's provider."""

from datetime import datetime

from django.db import models

from catalog.models.voices.voices import Voice


class VoiceChange(models.Model):
    """A new name or new labels, until the provider has accepted or refused them."""

    class Kind(models.TextChoices):
        """What was changed."""

        NAME = "name", "Name"
        LABELS = "labels", "Labels"

    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempt_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voice", "kind"], name="one_change_per_voice_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of voice {self.voice_id}"


def note_change(voice: Voice, kind: VoiceChange.Kind, now: datetime, swept_at: datetime) -> None:
    """Queue a change for the provider; if its message is lost, the sweep acts at ``swept_at``."""
    values = {"asked_at": now, "not_before": swept_at, "attempt_count": 0}
    VoiceChange.objects.update_or_create(voice=voice, kind=kind, defaults=values)
