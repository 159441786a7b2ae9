"""Set limits on spending, and hold them before anything is spent."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.audit import record
from catalog.core.locales import say_day, storing
from catalog.jobs.notifications.send import notify, notify_admins
from catalog.models import Budget, BudgetNotice, Membership, Notification, Team, User
from catalog.policies.budgets import may_set_budgets
from catalog.queries.budgets import (
    Limit,
    find_first_limit,
    find_limits,
    month_of,
    say_quantity,
)

Scope = Budget.Scope


class OverBudget(Exception):
    """A limit forbids this; the message says which one, and when it resets."""


@dataclass(frozen=True, slots=True)
class BudgetParams:
    """A limit to set; without ``warn_at`` and ``most``, it is removed."""

    scope: str
    unit: str
    warn_at: int | None = None
    most: int | None = None
    person: User | None = None


@transaction.atomic
def set_budget(user: User, *, team: Team, params: BudgetParams, now: datetime) -> None:
    """Set, change, or remove a limit of the team."""
    if not may_set_budgets(user, team):
        raise PermissionDenied
    person = params.person if params.scope == Scope.PERSON else None
    if person is not None and not Membership.objects.filter(team=team, user=person).exists():
        raise PermissionDenied
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    rows = Budget.objects.filter(team=team, scope=params.scope, person=person, unit=params.unit)
    old = rows.first()
    budget = old or Budget(team=team, scope=params.scope, person=person, unit=params.unit)
    before = {"warn at": budget.warn_at, "limit": budget.most}
    after = {"warn at": params.warn_at, "limit": params.most}
    if before == after:
        return
    budget.warn_at, budget.most = params.warn_at, params.most
    if params.warn_at is None and params.most is None:
        rows.delete()
    else:
        budget.save()
    # A changed limit warns again.
    BudgetNotice.objects.filter(team=team, unit=params.unit, month=month_of(now)).delete()
    record(user, "limit changed", budget, team=team, now=now, before=before, after=after)


def demand_budget(user: User, *, team: Team, unit: str, amount: int, now: datetime) -> None:
    """Raise OverBudget if a limit forbids to spend this; call it before storing what spends it.

    Locks the team's row until the caller's transaction ends, so two requests at the same moment
    can't both take what is left.
    """
    if not amount or not Budget.objects.filter(team=team, unit=unit).exists():
        return
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    limits = [limit for limit in find_limits(user, team, now) if limit.budget.unit == unit]
    first = find_first_limit(limits, unit)
    if first is not None and (refusal := first.refuse(amount)):
        raise OverBudget(refusal)
    for limit in limits:
        _warn(user, team, limit, limit.used + amount, now)


@storing()
def _warn(user: User, team: Team, limit: Limit, used: int, now: datetime) -> None:
    """Notify the person and the admins when a limit is reached, or nearly; once a month each."""
    is_full = limit.budget.most is not None and used >= limit.budget.most
    if not is_full and (limit.warn_at is None or used < limit.warn_at):
        return
    subject = "team" if limit.is_of_team else str(user.pk)
    _, is_new = BudgetNotice.objects.get_or_create(
        team=team, subject=subject, unit=limit.budget.unit, month=month_of(now), is_full=is_full
    )
    if not is_new:
        return
    spent = say_quantity(used, limit.budget.unit)
    rest = _say_rest(limit, is_full=is_full)
    whose = f"{team} has used" if limit.is_of_team else "You have used"
    event, page = Notification.Event.BUDGET, Notification.Page.SPENDING
    notify(event, {user.pk: f"{whose} {spent} this month. {rest}"}, now, team=team, page=page)
    about = str(team) if limit.is_of_team else str(user)
    text = f"{about} has used {spent} this month. {rest}"
    notify_admins(event, team, text, now, besides=[user.pk], page=page)


def _say_rest(limit: Limit, *, is_full: bool) -> str:
    until = say_day(limit.resets_on)
    if is_full:
        return f"Nothing more can be spent until {until}."
    if limit.budget.most is None:
        return f"The count resets on {until}."
    most = say_quantity(limit.budget.most, limit.budget.unit)
    return f"The limit is {most}. It resets on {until}."
