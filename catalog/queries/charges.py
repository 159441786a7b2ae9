"""What was spent in a month: in total, by provider, person, and voice, and what it comes to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from catalog.core.locales import say_decimal, say_number
from catalog.models import Charge, ProviderAccount, Synthesis, User
from catalog.providers.registry import get_adapter
from catalog.queries.budgets import begin_of, month_of, next_month, say_quantity

Unit, State = Charge.Unit, Charge.State

_SHOWN, _SHOWN_UNCLEAR = 20, 50
# Before this, a month has shown too little to tell its end.
_FORECAST_AFTER = timedelta(days=3)
_BLIND = "Voices in blind comparisons"

# What says whose voice a clip is, or how to find that out.
_TELLING = (
    *("provider", "account", "key", "reported"),
    *("price", "currency", "price_source", "estimated", "actual"),
)

CSV_COLUMNS = (
    "time",
    "person",
    "team",
    "provider",
    "account",
    "key",
    "voice",
    "kind",
    "quantity",
    "unit",
    "price",
    "currency",
    "price_source",
    "estimated",
    "reported",
    "actual",
    "state",
)


@dataclass(slots=True)
class Spending:
    """What one provider, person, or voice, or all of them, spent."""

    label: str
    characters: int = 0
    voices: int = 0
    unclear: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    without_price: int = 0
    share: float = 0.0

    @property
    def money(self) -> str:
        """The known amounts, as text; "" if no price is known."""
        return " and ".join(say_amount(each, name) for name, each in sorted(self.amounts.items()))

    @property
    def price_words(self) -> str:
        """The known amounts, and whether they are all of it."""
        if not self.money:
            return "Not stated"
        return f"{self.money}. The rest isn't stated." if self.without_price else self.money

    @property
    def words(self) -> str:
        """What was used, and its known price, as sentences."""
        characters = say_quantity(self.characters, Unit.CHARACTERS)
        used = f"{characters} and {say_quantity(self.voices, Unit.VOICES)} were used."
        if not self.money:
            return f"{used} Their price isn't stated."
        rest = " The price of the rest isn't stated." if self.without_price else ""
        return f"{used} Known prices come to {self.money}.{rest}"


@dataclass(frozen=True, slots=True)
class SpendingDay:
    """The characters and clones of one day, with the height of its bar in percent."""

    day: date
    characters: int
    voices: int
    percent: int


@dataclass(frozen=True, slots=True)
class SpendingReport:
    """A month's spending; a forecast only for the current month."""

    month: date
    total: Spending
    providers: list[Spending]
    people: list[Spending]
    voices: list[Spending]
    days: list[SpendingDay]
    free_characters: int
    forecast: str


def say_amount(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency."""
    if currency == "credits":
        return f"{say_number(round(amount))} credits"
    whole, _, cents = f"{amount:.2f}".partition(".")
    return f"${say_number(int(whole))}{say_decimal('.')}{cents}"


def find_spending_months(user: User, now: datetime) -> list[date]:
    """Return the months with charges that the user sees, and this month, newest first."""
    days = Charge.objects.visible_to(user).annotate(day=TruncDate("charged_at", tzinfo=UTC))
    found = {day.replace(day=1) for day in days.values_list("day", flat=True).distinct()}
    return sorted(found | {month_of(now)}, reverse=True)


def report_spending(user: User, month: date, now: datetime) -> SpendingReport:
    """Return what the user may see of the month's spending."""
    everything = _rows_of(user, month)
    rows = everything.spent()
    total = next(iter(_sum_up(rows, ())), Spending(""))
    people = _sum_up(rows, ("person__first_name", "person__last_name", "person__email"))
    free = everything.filter(is_free=True, unit=Unit.CHARACTERS, state=State.CHARGED)
    blind = _find_blind(rows)
    voices = _sum_up(rows.exclude(work__in=blind), ("provider", "voice_name"))
    if hidden := _sum_up(rows.filter(work__in=blind), ()):
        hidden[0].label = _BLIND
        voices = [*voices, hidden[0]]
    return SpendingReport(
        month=month,
        total=total,
        providers=_rank(_sum_up(rows, ("provider",)), total),
        people=_rank(people, total),
        voices=_rank(voices, total)[:_SHOWN],
        days=_find_days(rows, month),
        free_characters=free.aggregate(total=Sum("quantity"))["total"] or 0,
        forecast=_forecast(total, month, now),
    )


def _rows_of(user: User, month: date) -> Any:
    begin, end = begin_of(month), begin_of(next_month(month))
    return Charge.objects.visible_to(user).filter(charged_at__gte=begin, charged_at__lt=end)


def _find_blind(rows: QuerySet[Charge]) -> list[Any]:
    """Return the syntheses that would reveal a voice in a blind comparison."""
    works = rows.filter(unit=Unit.CHARACTERS).values("work")
    blind = Synthesis.objects.in_blind_round().filter(pk__in=works)
    return list(blind.values_list("pk", flat=True))


def _sum_up(rows: QuerySet[Charge], names: Sequence[str]) -> list[Spending]:
    """Add up quantities and amounts for each combination of these fields."""
    found: dict[tuple[Any, ...], Spending] = {}
    groups = (
        rows.order_by()
        .values(*names, "currency")
        .annotate(
            characters=Coalesce(Sum("quantity", filter=Q(unit=Unit.CHARACTERS)), 0),
            made=Coalesce(Sum("quantity", filter=Q(unit=Unit.VOICES)), 0),
            unsure=Count("pk", filter=Q(state=State.UNCLEAR)),
            amount=Sum(Coalesce(F("actual"), F("estimated"))),
            without_price=Count("pk", filter=Q(price=None)),
        )
    )
    for group in groups:
        key = tuple(group[name] for name in names)
        each = found.setdefault(key, Spending(_name_group(names, group)))
        each.characters += group["characters"]
        each.voices += group["made"]
        each.unclear += group["unsure"]
        each.without_price += group["without_price"]
        if group["amount"] is not None:
            before = each.amounts.get(group["currency"], Decimal(0))
            each.amounts[group["currency"]] = before + group["amount"]
    return list(found.values())


def _name_group(names: Sequence[str], group: dict[str, Any]) -> str:
    words = [str(group[name]) for name in names]
    if names[:1] == ("provider",):
        words[0] = get_adapter(words[0]).info.label
        return " · ".join(words)
    if names:
        return " ".join(filter(None, words[:2])) or words[-1]
    return ""


def _rank(found: Iterable[Spending], total: Spending) -> list[Spending]:
    """Sort by characters, then clones, and set each one's share of the total's characters."""
    ranked = sorted(found, key=lambda each: (-each.characters, -each.voices, each.label))
    for each in ranked:
        each.share = each.characters / total.characters if total.characters else 0
    return ranked


@dataclass(frozen=True, slots=True)
class UnclearCharge:
    """A call without an answer; a blind comparison hides whose voice it was."""

    charge: Charge
    is_hidden: bool

    @property
    def title(self) -> str:
        """What was called."""
        if self.is_hidden:
            return _BLIND
        return f"{self.charge.provider_label} · {self.charge.voice_name}"

    @property
    def quantity(self) -> str:
        """How much was asked for."""
        return say_quantity(self.charge.quantity, self.charge.unit)


def find_unclear_charges(user: User, month: date) -> list[UnclearCharge]:
    """Return the month's unclear calls that the user sees, the newest first."""
    rows = _rows_of(user, month).spent().filter(state=State.UNCLEAR).select_related("person")
    blind = set(_find_blind(rows))
    found = rows.order_by("-charged_at", "-pk")[:_SHOWN_UNCLEAR]
    return [UnclearCharge(row, row.work in blind) for row in found]


def _find_days(rows: QuerySet[Charge], month: date) -> list[SpendingDay]:
    counts: dict[tuple[date, str], int] = {}
    days = rows.order_by().annotate(day=TruncDate("charged_at", tzinfo=UTC)).values("day", "unit")
    for group in days.annotate(total=Sum("quantity")):
        counts[group["day"], group["unit"]] = group["total"]
    highest = max((n for (_, unit), n in counts.items() if unit == Unit.CHARACTERS), default=0)
    every_day = [month + timedelta(days=n) for n in range((next_month(month) - month).days)]
    return [
        SpendingDay(
            day=day,
            characters=counts.get((day, Unit.CHARACTERS), 0),
            voices=counts.get((day, Unit.VOICES), 0),
            percent=round(100 * counts.get((day, Unit.CHARACTERS), 0) / (highest or 1)),
        )
        for day in every_day
    ]


def _forecast(total: Spending, month: date, now: datetime) -> str:
    """Return what the month comes to if it goes on like this, "" if that can't be known."""
    begin, end = begin_of(month), begin_of(next_month(month))
    passed = now - begin
    if not begin + _FORECAST_AFTER <= now < end or not (total.characters or total.voices):
        return ""
    factor = (end - begin) / passed
    characters = say_quantity(round(total.characters * factor), Unit.CHARACTERS)
    voices = say_quantity(round(total.voices * factor), Unit.VOICES)
    return f"At this rate, the month comes to about {characters} and {voices}."


def find_unused_slots(user: User) -> list[ProviderAccount]:
    """Return the accounts whose voice slots aren't all used, those with the most first."""
    rows = ProviderAccount.objects.visible_to(user)
    rows = rows.filter(slots_limit__gt=F("slots_used"))
    return sorted(rows, key=lambda account: -(account.slots_left or 0))


def list_charges(user: User, month: date) -> Iterator[dict[str, Any]]:
    """Yield the month's charges that the user may see, for a file; oldest first."""
    rows = _rows_of(user, month)
    blind = set(_find_blind(rows))
    found = rows.select_related("person", "team").order_by("charged_at", "pk")
    for row in found.iterator(chunk_size=500):
        values = _list_values(row)
        if row.work in blind:
            # The order of the rows would tell which clip of the comparison is whose.
            values |= dict.fromkeys(_TELLING, "") | {"voice": _BLIND}
        yield values


def _list_values(row: Charge) -> dict[str, Any]:
    return {
        "time": row.charged_at.isoformat(timespec="seconds"),
        "person": str(row.person),
        "team": row.team.name,
        "provider": row.provider_label,
        "account": row.account_name,
        "key": row.key_name,
        "voice": row.voice_name,
        "kind": row.get_kind_display(),
        "quantity": row.quantity,
        "unit": row.unit,
        "price": _write_amount(row.price) or "not stated",
        "currency": row.currency,
        "price_source": row.price_source or "not stated",
        "estimated": _write_amount(row.estimated),
        "reported": "" if row.reported is None else row.reported,
        "actual": _write_amount(row.actual),
        "state": row.get_state_display(),
    }


def _write_amount(amount: Decimal | None) -> str:
    """Return the digits without trailing zeros, "" for None."""
    return "" if amount is None else f"{amount.normalize():f}"
