"""How voices sound, as directions in space, and clips for which somebody looks for alike voices."""

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


def unheard_clips(encoder: str) -> models.QuerySet[PreviewClip]:
    """Return the clips that this version of the encoder has not listened to."""
    heard = Q(voice__embedding__encoder=encoder, voice__embedding__clip_path=F("path"))
    return PreviewClip.objects.filter(voice__remote_deleted_at=None).exclude(heard)


def unjudged_clips() -> models.QuerySet[SynthesizedClip]:
    """Return what clones made here have said and nobody has compared with their samples."""
    clones = CloneJob.objects.filter(state=CloneJob.State.READY).values("voice")
    return SynthesizedClip.objects.filter(similarity=None, voice__in=clones)


class ClipSimilarity(models.Model):
    """How near what a clone said comes to its samples; no score where that cannot be told."""

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
        """The score in words, "" where there is none."""
        return "" if self.score is None else name_resemblance(self.score)


class VoiceEmbedding(models.Model):
    """Where a voice's preview lies among all voices; empty where nothing could be heard.

    A row is never changed: another clip or another encoder makes another one, with a higher key.
    """

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="embedding")
    clip_path = models.CharField(max_length=200)
    encoder = models.CharField(max_length=40)
    vector = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Embedding of voice {self.voice_id}"


class SoundQueryQuerySet(models.QuerySet["SoundQuery"]):
    """Clips to compare with, by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the person's own: what somebody drops here is nobody else's business."""
        return self.filter(owner=user, team__in=Team.objects.visible_to(user))


class SoundQuery(models.Model):
    """A clip for which alike voices are looked for; its file goes once a worker has heard it."""

    class State(models.TextChoices):
        """Whether a worker has listened."""

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
        """Tell whether no worker has listened yet."""
        return self.state == self.State.WAITING

    @property
    def is_heard(self) -> bool:
        """Tell whether it can be compared."""
        return self.state == self.State.HEARD
