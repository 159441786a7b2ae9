"""When a voice was used, as far as known: here, and at its provider."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import F

from catalog.models.voices.voices import Voice


class VoiceUsage(models.Model):
    """How often and when a voice was last played, used for speech, and exported here.

    ``last_at`` is the latest of the three; ``provider_used_at`` comes from the provider's own
    history. A voice without a row was not used here, but may have been used elsewhere.
    """

    class Kind(models.TextChoices):
        """The ways to use a voice here."""

        PLAY = "play", "played"
        SPEECH = "speech", "spoken with"
        EXPORT = "export", "exported"

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="use")
    last_at = models.DateTimeField(null=True)
    played_at = models.DateTimeField(null=True)
    play_count = models.PositiveIntegerField(default=0)
    spoken_at = models.DateTimeField(null=True)
    speech_count = models.PositiveIntegerField(default=0)
    exported_at = models.DateTimeField(null=True)
    export_count = models.PositiveIntegerField(default=0)
    provider_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "catalog_voiceuse"
        indexes = [models.Index(fields=["last_at"], name="use_by_time")]

    def __str__(self) -> str:
        return f"Use of voice {self.voice_id}"


_COLUMNS = {
    VoiceUsage.Kind.PLAY: ("played_at", "play_count"),
    VoiceUsage.Kind.SPEECH: ("spoken_at", "speech_count"),
    VoiceUsage.Kind.EXPORT: ("exported_at", "export_count"),
}
_BATCH = 500


def note_uses(
    voice_ids: Iterable[int], kind: VoiceUsage.Kind, now: datetime, times: int = 1
) -> None:
    """Record that voices were used in this way now."""
    ids = sorted(set(voice_ids))
    at, count = _COLUMNS[kind]
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        there = Voice.objects.filter(pk__in=batch).values_list("pk", flat=True)
        rows = [VoiceUsage(voice_id=pk) for pk in there]
        VoiceUsage.objects.bulk_create(rows, ignore_conflicts=True)
        VoiceUsage.objects.filter(voice__in=batch).update(
            **{"last_at": now, at: now, count: F(count) + times}
        )
