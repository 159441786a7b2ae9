"""Budgets: how much a team and its people may spend in a month."""

from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.charges import Charge
from catalog.models.teams.teams import Team
from catalog.models.users import User


class BudgetQuerySet(models.QuerySet["Budget"]):
    """Queries for budgets."""

    def visible_to(self, user: User) -> Self:
        """Keep the budgets of the user's current team that apply to them."""
        own = Q(person=user) | Q(person=None)
        return self.filter(own, team__in=Team.objects.visible_to(user))


class Budget(models.Model):
    """A limit on characters or clones in a calendar month (UTC).

    It applies to the team as a whole, to each of its people, or to one person instead. At
    ``warn_at`` people are notified; beyond ``most``, nothing is sent. None means no limit.
    """

    class Scope(models.TextChoices):
        """Whose spending is added up."""

        TEAM = "team", "The whole team"
        EACH = "each", "Each person"
        PERSON = "person", "One person"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="budgets")
    scope = models.CharField(max_length=6, choices=Scope.choices)
    person = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="budgets")
    unit = models.CharField(max_length=10, choices=Charge.Unit.choices)
    warn_at = models.PositiveIntegerField(null=True)
    most = models.PositiveIntegerField(null=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "scope", "unit"],
                condition=Q(person=None),
                name="one_budget_of_a_team",
            ),
            models.UniqueConstraint(
                fields=["team", "person", "unit"],
                condition=~Q(person=None),
                name="one_budget_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"Budget {self.pk}"

    @property
    def counts_clones(self) -> bool:
        """Return whether it limits clones rather than characters."""
        return self.unit == Charge.Unit.VOICES

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        who = str(self.person) if self.person else self.get_scope_display()
        return f"Limit for {who}: {self.get_unit_display().lower()}"


class BudgetNotice(models.Model):
    """That people were notified of a budget in this month; once for each level."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    # "team", or the person's id.
    subject = models.CharField(max_length=20)
    unit = models.CharField(max_length=10, choices=Charge.Unit.choices)
    month = models.DateField()
    is_full = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "subject", "unit", "month", "is_full"],
                name="one_notice_of_a_budget",
            )
        ]

    def __str__(self) -> str:
        return f"Budget notice {self.pk}"
