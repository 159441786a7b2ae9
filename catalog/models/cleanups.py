"""The frozen list of what is to be deleted, and what became of each line."""

from typing import Self

from django.db import models

from catalog.models.accounts import Team, User
from catalog.models.credentials import Credential, ProviderAccount
from catalog.models.leases import LeasedWork
from catalog.models.voices import Voice


class CleanupPlanQuerySet(models.QuerySet["CleanupPlan"]):
    """Plans by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the plans of the person's teams."""
        return self.filter(team__in=Team.objects.visible_to(user))


class CleanupPlan(models.Model):
    """What somebody saw and may confirm: a dry run touches nothing, and is never re-evaluated."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="cleanup_plans")
    drawn_up_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drawn_up_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)

    objects = CleanupPlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Plan {self.pk}"

    @property
    def is_approved(self) -> bool:
        """Tell whether somebody confirmed it."""
        return self.approved_at is not None


class PlannedDeletion(LeasedWork):
    """One voice of a plan, with the name that was shown and the outcome."""

    class State(models.TextChoices):
        """Where this line stands."""

        PLANNED = "planned", "Nothing touched yet"
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Deleting"
        WAITING = "waiting", "Trying again soon"
        DELETED = "deleted", "Deleted"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    ACTIVE_STATES = (State.QUEUED, State.RUNNING, State.WAITING)

    plan = models.ForeignKey(CleanupPlan, on_delete=models.CASCADE, related_name="lines")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="planned_deletions")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    remote_id = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "voice"], name="one_line_per_plan_and_voice")
        ]

    def __str__(self) -> str:
        return f"Deletion of voice {self.voice_id} in plan {self.plan_id}"

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen by itself."""
        return self.state not in self.ACTIVE_STATES

    @property
    def is_deleted(self) -> bool:
        """Tell whether the voice is gone at the provider."""
        return self.state == self.State.DELETED

    @property
    def has_failed(self) -> bool:
        """Tell whether the provider refused or never answered."""
        return self.state == self.State.FAILED
