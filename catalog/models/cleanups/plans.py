"""Deletion plans, and the result for each of their voices."""

from typing import Self

from django.db import models

from catalog.core.locales import say_stored
from catalog.models.base.leases import LeasedWork, waits_index
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class CleanupPlanQuerySet(models.QuerySet["CleanupPlan"]):
    """Queries for plans."""

    def visible_to(self, user: User) -> Self:
        """Keep the plans of the user's team."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def waiting(self) -> Self:
        """Keep approved plans that have not started."""
        confirmed = self.filter(approved_at__isnull=False, due_at__isnull=False)
        return confirmed.filter(started_at=None, called_off_at=None)


class CleanupPlan(models.Model):
    """A fixed list of voices to delete, which an admin reviews and approves.

    An approved plan waits until ``due_at``, which gives owners time to keep voices.
    ``spare_count`` is how many more voices were requested than one run may delete, and
    ``planned_count`` how many are in another plan already.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="cleanup_plans")
    drawn_up_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drawn_up_at = models.DateTimeField()
    waiting_days = models.PositiveSmallIntegerField(default=0)
    spare_count = models.PositiveIntegerField(default=0)
    planned_count = models.PositiveIntegerField(default=0)
    protected_count = models.PositiveIntegerField(default=0)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    called_off_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    called_off_at = models.DateTimeField(null=True)

    objects = CleanupPlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Plan {self.pk}"

    @property
    def is_approved(self) -> bool:
        """Return whether the plan was approved."""
        return self.approved_at is not None

    @property
    def is_called_off(self) -> bool:
        """Return whether the plan was called off before it started."""
        return self.called_off_at is not None

    @property
    def is_waiting(self) -> bool:
        """Return whether the plan is approved and has not started."""
        return self.is_approved and self.started_at is None and not self.is_called_off

    @property
    def state_words(self) -> str:
        """The state of the plan, in a word or two."""
        if self.is_called_off:
            return "canceled"
        if self.is_waiting:
            return "waiting"
        return "approved" if self.is_approved else "dry run only"


class PlannedDeletionQuerySet(models.QuerySet["PlannedDeletion"]):
    """Queries for plan lines."""

    def visible_to(self, user: User) -> Self:
        """Keep lines of the team's plans whose voices the user is responsible for."""
        return self.filter(plan__team__in=Team.objects.visible_to(user), responsible=user)

    def held(self) -> Self:
        """Keep lines that wait until the plan is due; their voices can still be kept."""
        return self.filter(state=PlannedDeletion.State.HELD)

    def taken(self) -> Self:
        """Leave out voices that were kept already when the plan was drawn up."""
        return self.filter(kept_until=None)

    def unfinished(self) -> Self:
        """Keep approved lines whose voices are still to be deleted."""
        states = PlannedDeletion.State.HELD, *PlannedDeletion.ACTIVE_STATES
        return self.filter(state__in=states)


class PlannedDeletion(LeasedWork):
    """One voice of a plan as it was shown: its name, the reasons, where it is used, and the result.

    ``responsible`` is responsible for the voice and is notified. ``kept_by`` took the voice out
    of the plan, or kept it before the plan was drawn up, until ``kept_until``.
    """

    class State(models.TextChoices):
        """The state of the line."""

        PLANNED = "planned", "Not approved yet"
        HELD = "held", "Scheduled"
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Deleting"
        WAITING = "waiting", "Retrying soon"
        DELETED = "deleted", "Deleted"
        HIDDEN = "hidden", "Hidden here"
        KEPT = "kept", "Kept"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    ACTIVE_STATES = (State.QUEUED, State.RUNNING, State.WAITING)

    plan = models.ForeignKey(CleanupPlan, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="planned_deletions")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    remote_id = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    reasons: "models.JSONField[list[dict[str, str]], list[dict[str, str]]]" = models.JSONField(
        default=list
    )
    uses: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    last_use = models.CharField(max_length=120, blank=True)
    responsible = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="planned_deletions"
    )
    kept_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    kept_until = models.DateField(null=True)
    # When the people concerned were notified of the result.
    told_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)

    objects = PlannedDeletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "voice"], name="one_line_per_plan_and_voice")
        ]
        indexes = [waits_index("planned_deletion_waits")]

    def __str__(self) -> str:
        return f"Deletion of {self.name} in plan {self.plan_id}"

    @property
    def is_finished(self) -> bool:
        """Return whether no worker will do anything more."""
        return self.state not in self.ACTIVE_STATES

    @property
    def is_held(self) -> bool:
        """Return whether the line waits until the plan is due; the voice can still be kept."""
        return self.state == self.State.HELD

    @property
    def is_deleted(self) -> bool:
        """Return whether the voice was deleted at the provider."""
        return self.state == self.State.DELETED

    @property
    def has_failed(self) -> bool:
        """Return whether the provider refused or never answered."""
        return self.state == self.State.FAILED

    @property
    def why(self) -> str:
        """Why the voice is in the plan, as text."""
        found = [f"{reason['label']}: {reason['words']}" for reason in self.reasons]
        return say_stored(" ".join(found)) or "Selected manually."

    @property
    def message_words(self) -> str:
        """The message as its reader writes days and numbers."""
        return say_stored(self.message)

    @property
    def last_use_words(self) -> str:
        """The last use as its reader writes days."""
        return say_stored(self.last_use)

    @property
    def mood(self) -> str:
        """The state as one word for its style: done, fail, off, run, or wait."""
        state = self.State
        moods = {state.DELETED: "done", state.HIDDEN: "done", state.FAILED: "fail"}
        moods |= {state.KEPT: "off", state.SKIPPED: "off", state.RUNNING: "run"}
        return moods.get(state(self.state), "wait")
