"""Replacement plans: what takes the place of each voice that ends."""

import uuid
from typing import Any, Self

from django.db import models

from catalog.core.locales import say_stored
from catalog.models.base.leases import LeasedWork
from catalog.models.clones.batches import CloneBatch
from catalog.models.clones.jobs import CloneJob
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice
from catalog.providers.registry import get_adapter


class EvacuationQuerySet(models.QuerySet["Evacuation"]):
    """Queries for replacement plans."""

    def visible_to(self, user: User) -> Self:
        """Keep the plans of the user's team; its pages leave out voices the user can't see."""
        return self.filter(team__in=Team.objects.visible_to(user))


class Evacuation(LeasedWork):
    """A plan that replaces voices. A worker holds its lease while it requests the clones.

    ``copies`` names the annotations that are copied to the new voices.
    """

    class Cause(models.TextChoices):
        """Why the voices are replaced."""

        MOVE = "move", "Move to another provider"
        VOICE = "voice", "A voice ends"
        ACCOUNT = "account", "An account ends"
        PROVIDER = "provider", "A provider ends"

    class State(models.TextChoices):
        """The state of the plan."""

        DRAFT = "draft", "Draft"
        QUEUED = "queued", "Starting clones"
        RUNNING = "running", "Requesting clones"
        STARTED = "started", "Waiting for approval"
        APPROVED = "approved", "Replaced"
        UNDONE = "undone", "Undone"
        CANCELED = "canceled", "Canceled"

    ACTIVE_STATES = (State.QUEUED, State.RUNNING)
    OPEN_STATES = (State.DRAFT, State.QUEUED, State.RUNNING, State.STARTED)

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="evacuations")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="evacuations")
    cause = models.CharField(max_length=8, choices=Cause.choices, default=Cause.MOVE)
    provider = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    canceled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # When the person who started the clones was told that all of them have ended.
    told_at = models.DateTimeField(null=True)
    copies: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)

    objects = EvacuationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "created_at"], name="evacuation_by_team")]

    def __str__(self) -> str:
        return f"Replacement plan {str(self.pk)[:8]}"

    @property
    def title(self) -> str:
        """What is replaced, as text."""
        if self.cause == self.Cause.PROVIDER:
            return f"Replace the voices of {get_adapter(self.provider).info.label}"
        if self.cause == self.Cause.ACCOUNT and self.account is not None:
            label = self.account.label[:40] or f"account {self.account.pk}"
            return f"Replace the voices of {self.account.info.label} · {label}"
        is_move = self.cause == self.Cause.MOVE
        return "Move voices to another provider" if is_move else "Replace voices"

    @property
    def is_open(self) -> bool:
        """Return whether the plan can still be changed or canceled."""
        return self.state in self.OPEN_STATES

    @property
    def is_starting(self) -> bool:
        """Return whether a worker still requests clones."""
        return self.state in self.ACTIVE_STATES

    @property
    def is_approved(self) -> bool:
        """Return whether the voices were replaced, and that wasn't undone."""
        return self.state == self.State.APPROVED


class EvacuationLine(models.Model):
    """One voice of a plan, what could take its place, and what does.

    ``job`` made the voice here, so its samples can be cloned again; ``obstacle`` is why they
    can't. ``candidates`` lists the nearest voices: id, score, and reason. ``batch`` holds the new
    clone. The line's id is the form token of that batch, so it's never requested twice.
    """

    class Choice(models.TextChoices):
        """What takes the voice's place."""

        OPEN = "", "Not decided"
        CLONE = "clone", "Clone its samples again"
        VOICE = "voice", "Another voice"
        LEAVE = "leave", "Leave as it is"

    class State(models.TextChoices):
        """The state of the line."""

        PLANNED = "planned", "Planned"
        QUEUED = "queued", "Queued"
        ASKED = "asked", "Clone requested"
        FAILED = "failed", "Failed"
        REPLACED = "replaced", "Replaced"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evacuation = models.ForeignKey(Evacuation, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="evacuation_lines")
    name = models.CharField(max_length=300)
    job = models.ForeignKey(CloneJob, null=True, on_delete=models.SET_NULL, related_name="+")
    obstacle = models.CharField(max_length=300, blank=True)
    candidates: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField(
        default=list
    )
    choice = models.CharField(max_length=5, choices=Choice.choices, blank=True)
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    replacement = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="+")
    batch = models.OneToOneField(
        CloneBatch, null=True, on_delete=models.SET_NULL, related_name="evacuation_line"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["evacuation", "voice"], name="one_line_per_evacuation_and_voice"
            )
        ]
        indexes = [models.Index(fields=["evacuation", "position"], name="line_by_position")]

    def __str__(self) -> str:
        return f"Replacement of {self.name}"

    @property
    def message_words(self) -> str:
        """The message as its reader writes days and numbers."""
        return say_stored(self.message)

    @property
    def obstacle_words(self) -> str:
        """The obstacle as its reader writes days and numbers."""
        return say_stored(self.obstacle)

    @property
    def clones_again(self) -> bool:
        """Return whether its own samples are to be cloned again."""
        return self.choice == self.Choice.CLONE

    @property
    def is_decided(self) -> bool:
        """Return whether someone or a default chose what happens."""
        return self.choice != self.Choice.OPEN

    @property
    def new_job(self) -> CloneJob | None:
        """The clone that was requested: the one that is ready, otherwise the latest."""
        jobs = sorted(self.batch.jobs.all(), key=lambda job: job.created_at) if self.batch else []
        return next((job for job in jobs if job.is_ready), jobs[-1] if jobs else None)

    @property
    def successor(self) -> Voice | None:
        """The voice that takes the place, as soon as it can."""
        if self.choice == self.Choice.VOICE:
            return self.replacement
        if self.choice != self.Choice.CLONE:
            return None
        job = self.new_job
        return job.voice if job is not None and job.is_ready else None


class EvacuationChange(models.Model):
    """One place where a plan put the new voice: its kind, its id, and its values before and after.

    Undoing restores ``before`` where the place still has the values of ``after``.
    """

    class State(models.TextChoices):
        """What became of the change."""

        MADE = "made", "Replaced"
        UNDONE = "undone", "Undone"
        CHANGED = "changed", "Changed since, so it stays"

    line = models.ForeignKey(EvacuationLine, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=12)
    target_pk = models.BigIntegerField()
    before: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    after: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State.choices, default=State.MADE)

    def __str__(self) -> str:
        return f"Change of {self.kind} {self.target_pk}"
