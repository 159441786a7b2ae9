"""The frozen list of what is to be deleted, and what became of each line."""

from typing import Self

from django.db import models

from catalog.models.base.leases import LeasedWork, waits_index
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class CleanupPlanQuerySet(models.QuerySet["CleanupPlan"]):
    """Plans by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the plans of the person's teams."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def waiting(self) -> Self:
        """Keep those that were confirmed, and whose time has not come."""
        confirmed = self.filter(approved_at__isnull=False, due_at__isnull=False)
        return confirmed.filter(started_at=None, called_off_at=None)


class CleanupPlan(models.Model):
    """What somebody saw and may confirm: a dry run touches nothing, and is never re-evaluated.

    A confirmed plan waits until ``due_at``, so that owners can keep what they need; ``spare_count``
    is how many voices more were wished for than one run may delete, ``planned_count`` how many of
    them another plan takes already.
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
        """Tell whether somebody confirmed it."""
        return self.approved_at is not None

    @property
    def is_called_off(self) -> bool:
        """Tell whether somebody stopped it before its time came."""
        return self.called_off_at is not None

    @property
    def is_waiting(self) -> bool:
        """Tell whether it is confirmed, and nothing is deleted yet."""
        return self.is_approved and self.started_at is None and not self.is_called_off

    @property
    def state_words(self) -> str:
        """Where the plan stands, in a word or two."""
        if self.is_called_off:
            return "called off"
        if self.is_waiting:
            return "waiting"
        return "confirmed" if self.is_approved else "dry run only"


class PlannedDeletionQuerySet(models.QuerySet["PlannedDeletion"]):
    """Lines of plans by who looks at them, and by what still happens to them."""

    def visible_to(self, user: User) -> Self:
        """Keep the lines of the team's plans that the person answers for."""
        return self.filter(plan__team__in=Team.objects.visible_to(user), responsible=user)

    def held(self) -> Self:
        """Keep those that wait for their time, and can still be kept."""
        return self.filter(state=PlannedDeletion.State.HELD)

    def taken(self) -> Self:
        """Leave out voices that were kept when the plan was drawn up: it only lists them."""
        return self.filter(kept_until=None)

    def unfinished(self) -> Self:
        """Keep those that were confirmed, and whose voices are still to be deleted."""
        states = PlannedDeletion.State.HELD, *PlannedDeletion.ACTIVE_STATES
        return self.filter(state__in=states)


class PlannedDeletion(LeasedWork):
    """One voice of a plan as it was shown: its name, why, where it is used, and the outcome.

    ``responsible`` answers for the voice and is notified; ``kept_by`` is who took it out
    again, or kept it before the plan was drawn up, until ``kept_until``.
    """

    class State(models.TextChoices):
        """Where this line stands."""

        PLANNED = "planned", "Nothing touched yet"
        HELD = "held", "Waiting for its time"
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Deleting"
        WAITING = "waiting", "Trying again soon"
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
    # When those whom its end concerns were notified of it.
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
        """Tell whether nothing more will happen by itself."""
        return self.state not in self.ACTIVE_STATES

    @property
    def is_held(self) -> bool:
        """Tell whether it waits for its time, and can still be kept."""
        return self.state == self.State.HELD

    @property
    def is_deleted(self) -> bool:
        """Tell whether the voice is gone at the provider."""
        return self.state == self.State.DELETED

    @property
    def has_failed(self) -> bool:
        """Tell whether the provider refused or never answered."""
        return self.state == self.State.FAILED

    @property
    def why(self) -> str:
        """Every reason for which the voice was planned, in words."""
        found = [f"{reason['label']}: {reason['words']}" for reason in self.reasons]
        return " ".join(found) or "Chosen by hand."

    @property
    def mood(self) -> str:
        """One word for how the line fares: done, fail, off, run or wait."""
        state = self.State
        moods = {state.DELETED: "done", state.HIDDEN: "done", state.FAILED: "fail"}
        moods |= {state.KEPT: "off", state.SKIPPED: "off", state.RUNNING: "run"}
        return moods.get(state(self.state), "wait")
