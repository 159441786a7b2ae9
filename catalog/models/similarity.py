"""Embeddings of voices, similarity scores, and clips to find similar voices for."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q

from catalog.audio.embeddings.nearest_neighbors import name_resemblance
from catalog.models.clones.jobs import CloneJob
from catalog.models.previews import PreviewClip
from catalog.models.syntheses import SynthesizedClip
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


def unembedded_clips(encoder: str) -> models.QuerySet[PreviewClip]:
    """Return the preview clips that this version of the encoder has not embedded."""
    heard = Q(voice__embedding__encoder=encoder, voice__embedding__clip_path=F("path"))
    return PreviewClip.objects.filter(voice__remote_deleted_at=None).exclude(heard)


def unscored_clips() -> models.QuerySet[SynthesizedClip]:
    """Return the clips of clones made here that have no similarity score yet."""
    clones = CloneJob.objects.filter(state=CloneJob.State.READY).values("voice")
    return SynthesizedClip.objects.filter(similarity=None, voice__in=clones)


class ClipSimilarity(models.Model):
    """How similar a clone's clip is to its samples; no score if that can't be determined."""

    clip = models.OneToOneField(
        SynthesizedClip, on_delete=models.CASCADE, related_name="similarity"
    )
    score = models.FloatField(null=True)
    judged_at = models.DateTimeField()

    class Meta:
        db_table = "catalog_cliplikeness"

    def __str__(self) -> str:
        return f"Likeness of clip {self.clip_id}"

    @property
    def words(self) -> str:
        """The score as text, "" if there is none."""
        return "" if self.score is None else name_resemblance(self.score)


class VoiceEmbedding(models.Model):
    """The embedding of a voice's preview; ``vector`` is empty if it has no speech.

    Rows never change: a new clip or encoder creates a new row with a higher key.
    """

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="embedding")
    clip_path = models.CharField(max_length=200)
    encoder = models.CharField(max_length=40)
    vector = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Embedding of voice {self.voice_id}"


class SoundQueryQuerySet(models.QuerySet["SoundQuery"]):
    """Queries for uploaded clips."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own clips, which are private."""
        return self.filter(owner=user, team__in=Team.objects.visible_to(user))


class SoundQuery(models.Model):
    """A clip to find similar voices for; its file is deleted once a worker has analyzed it."""

    class State(models.TextChoices):
        """The state of the analysis."""

        WAITING = "waiting", "Waiting"
        HEARD = "heard", "Heard"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sound_queries")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sound_queries")
    path = models.CharField(max_length=200, blank=True)
    filename = models.CharField(max_length=120)
    audio_format = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    vector = models.BinaryField(default=bytes)
    problem = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()

    objects = SoundQueryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Sound query {self.pk}"

    @property
    def is_waiting(self) -> bool:
        """Return whether the clip has not been analyzed yet."""
        return self.state == self.State.WAITING

    @property
    def is_analyzed(self) -> bool:
        """Return whether the clip can be compared."""
        return self.state == self.State.HEARD
