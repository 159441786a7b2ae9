"""Samples: recordings that voices are cloned from."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.credentials.key_sets import open_jobs
from catalog.models.teams.teams import Team
from catalog.models.users import User


class SampleQuerySet(models.QuerySet["Sample"]):
    """Queries for samples."""

    def visible_to(self, user: User) -> Self:
        """Keep the samples of jobs that the user can see, and the user's own uploads."""
        used = Sample.objects.filter(open_jobs(user, "sources__batch__jobs__")).values("pk")
        return self.filter(team__in=Team.objects.visible_to(user)).filter(
            Q(owner=user) | Q(pk__in=used) | Q(cleaned__in=used)
        )


class Sample(models.Model):
    """An uploaded recording; its file is outside the web root under a random name.

    ``copy_path`` is an MP3 of the audio, made if some browsers can't play the file or if players
    could play something else from it. ``is_playable`` and ``is_sendable`` say whether the file
    can be played, and sent to a provider, as it is; they are None until a worker has checked.

    ``form_token`` is the form that it was uploaded to; a sample that never became part of a batch
    is deleted after a while. ``try_count`` grows before each attempt to read the file, so a file
    that crashes the reader is given up. ``original`` is the sample that this one was made from by
    removing noise; until a worker has done that, it has no file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    original = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, related_name="cleaned"
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="samples")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="samples")
    path = models.CharField(max_length=200)
    copy_path = models.CharField(max_length=200, blank=True, default="")
    is_playable = models.BooleanField(null=True)
    is_sendable = models.BooleanField(null=True)
    filename = models.CharField(max_length=120)
    audio_format = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    seconds = models.FloatField(null=True)
    peaks: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    problem = models.CharField(max_length=200, blank=True)
    try_count = models.PositiveSmallIntegerField(default=0)
    form_token = models.UUIDField(null=True, db_index=True)
    uploaded_at = models.DateTimeField()
    # When its files were deleted; the row stays, because it says what a clone was made from.
    erased_at = models.DateTimeField(null=True)

    objects = SampleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "sha256"], name="sample_by_content")]

    def __str__(self) -> str:
        return f"Sample {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return self.filename

    @property
    def without_noise(self) -> "Sample | None":
        """The copy of this sample without noise, if one was requested."""
        return getattr(self, "cleaned", None)

    @property
    def can_play(self) -> bool:
        """Return whether browsers can play it; never true before a worker has read the file."""
        is_read = self.seconds is not None
        return is_read and (self.is_playable is not False or bool(self.copy_path))

    @property
    def paths(self) -> list[str]:
        """The paths of all files stored for the sample."""
        return [path for path in (self.path, self.copy_path) if path]

    @property
    def is_measured(self) -> bool:
        """Return whether a worker has read it, successfully or not."""
        return self.seconds is not None or bool(self.problem)
