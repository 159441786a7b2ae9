"""Clones that could be deleted, and plans with what became of each line."""

from dataclasses import dataclass

from catalog.models import CleanupPlan, PlannedDeletion, User, Voice

_SHOWN_VOICES = 200


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan with its lines, counted by how they ended."""

    plan: CleanupPlan
    lines: list[PlannedDeletion]

    @property
    def is_running(self) -> bool:
        """Tell whether a worker still has something to do."""
        return self.plan.is_approved and any(not line.is_finished for line in self.lines)

    @property
    def deleted_count(self) -> int:
        """How many voices are gone at their provider."""
        return sum(line.is_deleted for line in self.lines)

    @property
    def unfinished_count(self) -> int:
        """How many lines have not come to an end."""
        return sum(not line.is_finished for line in self.lines)

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What can't be undone, once for each provider in the plan."""
        infos = {line.account.info.slug: line.account.info for line in self.lines}
        return [(info.label, info.delete_note) for info in infos.values()]


def find_deletable_voices(user: User) -> list[Voice]:
    """Return the clones and designed voices of the accounts that the person may see."""
    rows = Voice.objects.visible_to(user).deletable().select_related("account")
    return list(rows.order_by("sort_name", "pk")[:_SHOWN_VOICES])


def find_archived_voices(user: User) -> list[Voice]:
    """Return the voices that the person's teams have archived."""
    rows = Voice.objects.visible_to(user).archived().select_related("account")
    return list(rows.order_by("sort_name", "pk")[:_SHOWN_VOICES])


def get_plan_page(user: User, plan_id: int) -> PlanPage:
    """Return one plan with its lines; raises CleanupPlan.DoesNotExist for a stranger's."""
    plans = CleanupPlan.objects.visible_to(user).select_related(
        "drawn_up_by", "approved_by", "team"
    )
    plan = plans.get(pk=plan_id)
    lines = plan.lines.select_related("voice", "account", "credential__owner").order_by(
        "name", "pk"
    )
    return PlanPage(plan, list(lines))


def find_plans(user: User) -> list[CleanupPlan]:
    """Return the newest plans of the person's teams."""
    plans = CleanupPlan.objects.visible_to(user).select_related("drawn_up_by")
    return list(plans.order_by("-pk")[:20])
