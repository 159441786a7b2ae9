"""Preview clips of voices."""

from django.db import models

from catalog.models.voices.voices import Voice


class PreviewClip(models.Model):
    """A voice's preview on our disk, with the data of its waveform.

    ``is_playable`` is None until a worker has checked whether every browser plays the clip; if
    not, the worker replaces it with a converted copy.
    """

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="clip")
    source = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    is_playable = models.BooleanField(null=True)
    seconds = models.FloatField(null=True)
    peaks: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    fetched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Preview of voice {self.voice_id}"
