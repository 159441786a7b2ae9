"""Which limits apply to a person, what is left of them, and until when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Length

from catalog.core.locales import say_day, say_number
from catalog.models import (
    Budget,
    Charge,
    CloneJob,
    EvacuationLine,
    Membership,
    Synthesis,
    Team,
    User,
)
from catalog.providers.registry import all_infos

Unit, Scope = Charge.Unit, Budget.Scope

# Without a warning of its own, a limit warns at this share.
_WARNS_AT = 0.9
_ORDER = {Scope.TEAM: 0, Scope.EACH: 1, Scope.PERSON: 2}
_COUNTED = {
    Unit.CHARACTERS: ("1 character", "characters"),
    Unit.VOICES: ("1 clone", "clones"),
}


def month_of(now: datetime) -> date:
    """Return the first day of the month; months are those of UTC."""
    return now.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def begin_of(month: date) -> datetime:
    """Return the moment at which the month begins."""
    return datetime.combine(month, time.min, UTC)


def say_quantity(count: int, unit: str) -> str:
    """Return a number of characters or clones in words."""
    one, many = _COUNTED[Charge.Unit(unit)]
    return one if count == 1 else f"{say_number(count)} {many}"


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget, with what counts against it in this month."""

    budget: Budget
    used: int
    resets_on: date

    @property
    def is_of_team(self) -> bool:
        """Return whether it is for the team as a whole."""
        return self.budget.scope == Scope.TEAM

    @property
    def left(self) -> int | None:
        """What is left, None if it only warns."""
        return None if self.budget.most is None else max(0, self.budget.most - self.used)

    @property
    def is_reached(self) -> bool:
        """Return whether nothing more may be spent."""
        return self.left == 0

    @property
    def warn_at(self) -> int | None:
        """From where on it warns."""
        if self.budget.warn_at is not None or self.budget.most is None:
            return self.budget.warn_at
        return int(self.budget.most * _WARNS_AT)

    @property
    def size(self) -> int:
        """The end of the scale on which it is drawn."""
        return self.budget.most or self.budget.warn_at or 1

    @property
    def whose(self) -> str:
        """Whose limit it is, to begin a sentence."""
        return "The team's limit" if self.is_of_team else "Your limit"

    @property
    def words(self) -> str:
        """What is left of it, as a sentence."""
        used, until = say_number(self.used), say_day(self.resets_on)
        if self.budget.most is None:
            warning = say_quantity(self.budget.warn_at or 0, self.budget.unit)
            return f"{used} used of {warning}, from where on people are warned. Resets on {until}."
        most = say_quantity(self.budget.most, self.budget.unit)
        if self.is_reached:
            return f"{self.whose} of {most} a month is reached. It resets on {until}."
        return f"{self.whose} applies now: {used} of {most} used. It resets on {until}."

    def refuse(self, amount: int) -> str:
        """Return why this amount can't be spent, "" if it can."""
        if self.left is None or amount <= self.left:
            return ""
        if self.is_reached:
            return self.words
        left = say_quantity(self.left, self.budget.unit)
        needed, until = say_quantity(amount, self.budget.unit), say_day(self.resets_on)
        return f"This needs {needed}, but {self._leaves} {left} until {until}."

    @property
    def _leaves(self) -> str:
        return "the team's limit leaves" if self.is_of_team else "your limit leaves"


def find_limits(person: User, team: Team, now: datetime) -> list[Limit]:
    """Return the limits that apply to what the person spends in the team."""
    rows = Budget.objects.filter(Q(person=person) | Q(person=None), team=team)
    budgets = list(rows.order_by("unit", "scope"))
    own = {row.unit for row in budgets if row.scope == Scope.PERSON}
    month = month_of(now)
    return [
        Limit(row, _count_used(row, person, month), next_month(month))
        for row in budgets
        if row.scope != Scope.EACH or row.unit not in own
    ]


def find_team_budgets(user: User) -> list[Budget]:
    """Return all budgets of the user's current team, for its admins."""
    people = Membership.objects.visible_to(user).values("user")
    rows = Budget.objects.filter(Q(person=None) | Q(person__in=people))
    rows = rows.filter(team__in=Team.objects.visible_to(user)).select_related("person")
    return sorted(rows, key=lambda row: (row.unit, _ORDER[Scope(row.scope)], str(row.person or "")))


def find_first_limit(limits: list[Limit], unit: str) -> Limit | None:
    """Return the limit of a unit that is reached first, None without one."""
    own = [limit for limit in limits if limit.budget.unit == unit and limit.left is not None]
    return min(own, key=lambda limit: limit.left or 0, default=None)


def find_budget_obstacle(person: User, team: Team, unit: str, amount: int, now: datetime) -> str:
    """Return why the person can't spend this amount now, "" if they can."""
    if not amount:
        return ""
    limit = find_first_limit(find_limits(person, team, now), unit)
    return limit.refuse(amount) if limit else ""


def find_speech_limit(person: User, team: Team, now: datetime) -> Limit | None:
    """Return the limit that applies first to the person's paid speech."""
    return find_first_limit(find_limits(person, team, now), Unit.CHARACTERS)


def _count_used(budget: Budget, person: User, month: date) -> int:
    """Add up what was or may be charged in the month, and what still waits to be sent."""
    whose: dict[str, Any] = {"team": budget.team_id}
    is_personal = budget.scope != Scope.TEAM
    rows = Charge.objects.spent().filter(unit=budget.unit, **whose)
    rows = rows.filter(charged_at__gte=begin_of(month))
    if is_personal:
        rows = rows.filter(person=person)
        whose["requested_by"] = person
    spent = rows.aggregate(total=Sum("quantity"))["total"] or 0
    count = _count_waiting_texts if budget.unit == Unit.CHARACTERS else _count_waiting_clones
    return int(spent + count(whose))


def _count_waiting_texts(whose: dict[str, Any]) -> int:
    free = [info.slug for info in all_infos() if info.speaks_free]
    rows = Synthesis.objects.filter(
        state__in=Synthesis.ACTIVE_STATES, step=Synthesis.Step.PLANNED, **whose
    )
    rows = rows.exclude(voice__provider__in=free)
    return rows.aggregate(total=Sum(Length("text")))["total"] or 0


def _count_waiting_clones(whose: dict[str, Any]) -> int:
    free = [info.slug for info in all_infos() if info.is_built_in]
    rows = CloneJob.objects.active().filter(**whose).exclude(account__provider__in=free)
    jobs = rows.filter(Q(step=CloneJob.Step.PLANNED) | Q(sent_at=None))
    lines = EvacuationLine.objects.filter(
        evacuation__team=whose["team"], state=EvacuationLine.State.QUEUED
    )
    if "requested_by" in whose:
        lines = lines.filter(evacuation__started_by=whose["requested_by"])
    return jobs.count() + lines.exclude(credential__provider__in=free).count()
