"""What of a voice was changed here and still has to be carried to its provider."""

from datetime import datetime

from django.db import models

from catalog.models.voices.voices import Voice


class VoiceChange(models.Model):
    """A new name or new labels of a voice, until its provider has them or has refused them."""

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
    """Note that the change has to be carried; without a message a worker takes it up later."""
    values = {"asked_at": now, "not_before": swept_at, "attempt_count": 0}
    VoiceChange.objects.update_or_create(voice=voice, kind=kind, defaults=values)
