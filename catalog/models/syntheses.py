"""Syntheses: texts spoken by a voice, and their cached clips."""

import hashlib
import json
from collections.abc import Mapping
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.base.leases import LeasedWork, waits_index
from catalog.models.credentials.key_sets import KeySet
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice
from catalog.providers.types import SettingValue


def speech_recipe(voice: Voice, text: str, settings: Mapping[str, SettingValue]) -> str:
    """Return a hash of everything that a clip depends on; equal hashes share one clip."""
    inputs = [voice.pk, voice.remote_id, text, sorted(settings.items())]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


class SynthesizedClip(models.Model):
    """A synthesized clip: one file per recipe, shared by all requests."""

    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="synthesized_clips")
    recipe = models.CharField(max_length=64, unique=True)
    path = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    seconds = models.FloatField(null=True)
    peaks: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    # Integrated loudness of the whole clip in LUFS; null if it is too short to measure.
    loudness = models.FloatField(null=True)
    charged = models.PositiveIntegerField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "catalog_spokenclip"

    def __str__(self) -> str:
        return f"Synthesized clip {self.pk}"


class SynthesisQuerySet(models.QuerySet["Synthesis"]):
    """Queries for syntheses."""

    def visible_to(self, user: User) -> Self:
        """Keep syntheses with voices that the user can see."""
        accounts = ProviderAccount.objects.visible_to(user).values("pk")
        hidden = KeySet.objects.hidden_from(user).values("pk")
        return self.filter(voice__account__in=accounts).exclude(voice__key_set__in=hidden)

    def in_blind_round(self) -> Self:
        """Keep syntheses that would reveal a voice in a comparison that is still blind."""
        return self.filter(
            comparisons__comparison__is_blind=True, comparisons__comparison__revealed_at=None
        )


class Synthesis(LeasedWork):
    """A request to speak a text with a voice; the row is the job."""

    class State(models.TextChoices):
        """The state of the job, labeled for users."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Generating"
        WAITING = "waiting", "Waiting"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"
        UNCLEAR = "unclear", "Unclear"
        CANCELLED = "cancelled", "Canceled"

    ACTIVE_STATES = (State.QUEUED, State.RUNNING, State.WAITING)

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="syntheses")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="syntheses")
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="syntheses")
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="syntheses"
    )
    text = models.TextField()
    settings: "models.JSONField[dict[str, SettingValue], dict[str, SettingValue]]" = (
        models.JSONField(default=dict)
    )
    recipe = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    is_preview = models.BooleanField(default=False)
    is_cached = models.BooleanField(default=False)
    clip = models.ForeignKey(
        SynthesizedClip, null=True, on_delete=models.SET_NULL, related_name="syntheses"
    )

    objects = SynthesisQuerySet.as_manager()

    class Meta:
        db_table = "catalog_speech"
        constraints = [
            # If two people request the same at once, one call is made and both get its clip.
            models.UniqueConstraint(
                fields=["recipe"],
                condition=Q(state="running", step="sent"),
                name="one_call_for_a_recipe",
            )
        ]
        indexes = [
            models.Index(fields=["voice", "created_at"], name="speech_by_voice"),
            models.Index(fields=["requested_by", "created_at"], name="speech_by_person"),
            waits_index("speech_waits"),
        ]

    def __str__(self) -> str:
        return f"Synthesis {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"Speech by {self.voice.shown_name}"

    @property
    def characters(self) -> int:
        """The length of the text, as providers count it."""
        return len(self.text)

    @property
    def is_finished(self) -> bool:
        """Return whether no worker will do anything more."""
        return self.state not in self.ACTIVE_STATES

    @property
    def is_ready(self) -> bool:
        """Return whether there is a clip to play."""
        return self.state == self.State.DONE and self.clip_id is not None

    @property
    def is_cancellable(self) -> bool:
        """Return whether cancelling saves anything: a text that was sent is charged."""
        is_sent = self.step != self.Step.PLANNED
        return not self.is_finished and (not is_sent or self.voice.info.speaks_free)

    @property
    def has_failed(self) -> bool:
        """Return whether it ended without a clip and without being cancelled."""
        return self.state in {self.State.FAILED, self.State.UNCLEAR}

    @property
    def mood(self) -> str:
        """The state as one word for its style: wait, run, done, or fail."""
        if self.is_finished:
            return "done" if self.is_ready else "fail"
        return "run" if self.state == self.State.RUNNING else "wait"

    @property
    def mood_icon(self) -> str:
        """The icon for the mood, which works without color."""
        icons = {"done": "circle-check", "fail": "circle-alert", "run": "loader-circle"}
        return icons.get(self.mood, "clock")

    @property
    def is_as_usual(self) -> bool:
        """Return whether it used the voice's own settings."""
        return not self.settings
