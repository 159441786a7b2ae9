"""Deletion plans: the state of each line, freed slots, and who is notified; and keeps."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from catalog.core.locales import say_stored
from catalog.models import (
    CleanupPlan,
    CollectionEntry,
    ComparedVoice,
    Keep,
    Membership,
    PlannedDeletion,
    Protection,
    ProviderAccount,
    Team,
    User,
    Voice,
)
from catalog.models.cleanups.keeps import find_all_responsible
from catalog.models.cleanups.plans import PlannedDeletionQuerySet

PAGE_SIZE = 100
# A plan with more voices than this must be confirmed by typing their number.
TYPED_ABOVE = 20
State = PlannedDeletion.State
# The results that concern owners: deleted, hidden, or failed.
ENDED_STATES = (State.DELETED, State.HIDDEN, State.FAILED)
_ROWS = ("voice__keep", "account", "credential__owner", "responsible", "kept_by", "plan__team")
_ENDED_SINCE = timedelta(days=90)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class FreedSlots:
    """The slots that a plan frees in one account, and whether deletion is possible there."""

    account: ProviderAccount
    count: int

    @property
    def slots_words(self) -> str:
        """The used slots before and after, as text; "" if the provider has no slots."""
        used, limit = self.account.slots_used, self.account.slots_limit
        if not self.account.info.can_delete or used is None or limit is None:
            return ""
        return f"{used} of {limit} slots used, {max(0, used - self.count)} afterwards"


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan with one page of the voices to delete; the counts cover all pages.

    ``kept_before`` lists voices that were already kept when the plan was drawn up.
    """

    plan: CleanupPlan
    lines: list[PlannedDeletion]
    states: Counter[str]
    freed: list[FreedSlots]
    notified: list[tuple[User, int]]
    kept_before: list[PlannedDeletion]
    page: int
    page_count: int
    now: datetime
    outcome: str = ""

    @property
    def count(self) -> int:
        """The number of voices to delete."""
        return self.states.total()

    @property
    def address(self) -> str:
        """The URL of this page of the plan."""
        asked = {"page": self.page, **({"outcome": self.outcome} if self.outcome else {})}
        return f"{self._path}?{urlencode(asked)}"

    @property
    def _path(self) -> str:
        return reverse("catalog:plan-detail", args=[self.plan.pk])

    @property
    def outcomes(self) -> list[tuple[str, str, int]]:
        """For each state in the plan: the URL that shows only it, its label, and its count."""
        found = [(state, self.states[state]) for state in State if self.states[state]]
        return [
            (f"{self._path}?outcome={state}", str(state.label), count) for state, count in found
        ]

    @property
    def outcome_label(self) -> str:
        """The label of the state that is shown, "" for all."""
        return str(State(self.outcome).label) if self.outcome else ""

    @property
    def hides_count(self) -> int:
        """The number of voices that can only be hidden because the provider can't delete them."""
        return sum(freed.count for freed in self.freed if not freed.account.info.can_delete)

    @property
    def deletes_count(self) -> int:
        """The number of voices to delete at their providers."""
        return self.count - self.hides_count

    @property
    def is_running(self) -> bool:
        """Return whether workers are still deleting."""
        return self.unfinished_count > 0

    @property
    def is_typed(self) -> bool:
        """Return whether the number of voices must be typed to confirm."""
        return self.count > TYPED_ABOVE

    @property
    def deleted_count(self) -> int:
        """The number of voices deleted at their providers."""
        return self.states[State.DELETED]

    @property
    def hidden_count(self) -> int:
        """The number of voices that could only be hidden here."""
        return self.states[State.HIDDEN]

    @property
    def kept_count(self) -> int:
        """The number of voices that someone kept."""
        return self.states[State.KEPT]

    @property
    def skipped_count(self) -> int:
        """The number of voices skipped because they no longer qualified."""
        return self.states[State.SKIPPED]

    @property
    def failed_count(self) -> int:
        """The number of deletions that failed."""
        return self.states[State.FAILED]

    @property
    def held_count(self) -> int:
        """The number of voices that wait until the plan is due."""
        return self.states[State.HELD]

    @property
    def unfinished_count(self) -> int:
        """The number of deletions that workers have not finished."""
        return sum(self.states[state] for state in PlannedDeletion.ACTIVE_STATES)


def get_plan_page(
    user: User, plan_id: int, now: datetime, page: int = 1, outcome: str = ""
) -> PlanPage:
    """Return one plan with its lines, all or those in one state.

    Raises CleanupPlan.DoesNotExist if the user can't see the plan.
    """
    plans = CleanupPlan.objects.visible_to(user).select_related(
        "drawn_up_by", "approved_by", "called_off_by", "team"
    )
    plan = plans.get(pk=plan_id)
    counted = plan.lines.taken().order_by().values_list("state").annotate(number=Count("pk"))
    states = Counter(dict(counted))
    outcome = outcome if outcome in State.values else ""
    count = states[outcome] if outcome else states.total()
    page_count = max(1, -(-count // PAGE_SIZE))
    page = min(max(1, page), page_count)
    listed = plan.lines.select_related(*_ROWS).order_by("position", "name", "pk")
    rows = listed.taken()
    if outcome:
        rows = rows.filter(state=outcome)
    return PlanPage(
        plan=plan,
        lines=list(rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        states=states,
        freed=_count_freed(plan),
        notified=_count_notified(plan),
        kept_before=list(listed.exclude(kept_until=None)),
        page=page,
        page_count=page_count,
        now=now,
        outcome=outcome,
    )


def _count_freed(plan: CleanupPlan) -> list[FreedSlots]:
    lines = plan.lines.taken().order_by()
    counts = dict(lines.values_list("account").annotate(number=Count("pk")))
    accounts = ProviderAccount.objects.filter(pk__in=counts)
    return [
        FreedSlots(account, counts[account.pk]) for account in accounts.order_by("provider", "pk")
    ]


def _count_notified(plan: CleanupPlan) -> list[tuple[User, int]]:
    counts = dict(
        plan.lines.taken()
        .exclude(responsible=None)
        .order_by()
        .values_list("responsible")
        .annotate(number=Count("pk"))
    )
    members = Membership.objects.filter(team=plan.team_id).values("user")
    people = User.objects.filter(pk__in=counts).filter(pk__in=members)
    return [(person, counts[person.pk]) for person in people.order_by("first_name", "pk")]


def find_plans(user: User) -> list[CleanupPlan]:
    """Return the newest plans of the user's team, each with the number of its voices."""
    plans = CleanupPlan.objects.visible_to(user).select_related("drawn_up_by")
    return list(
        plans.annotate(voice_count=Count("lines", filter=Q(lines__kept_until=None))).order_by(
            "-pk"
        )[:20]
    )


def find_held_lines(user: User) -> list[PlannedDeletion]:
    """Return the user's voices that are scheduled for deletion, soonest first."""
    lines = PlannedDeletion.objects.visible_to(user).held()
    waiting = lines.filter(plan__in=CleanupPlan.objects.waiting())
    return list(waiting.select_related(*_ROWS).order_by("plan__due_at", "position", "pk"))


def find_held_line(voice_id: int) -> PlannedDeletion | None:
    """Return the plan line that will delete the voice, or None."""
    lines = PlannedDeletion.objects.held().filter(voice=voice_id)
    waiting = lines.filter(plan__in=CleanupPlan.objects.waiting())
    return waiting.select_related(*_ROWS).order_by("plan__due_at").first()


def find_protection(voice: Voice) -> Protection | None:
    """Return the protection of the voice, or None."""
    rows = Protection.objects.filter(voice=voice.pk)
    return rows.select_related("set_by", "voice__account__team").first()


def iterate_lines(plan: CleanupPlan) -> Iterator[dict[str, Any]]:
    """Yield the plan's lines as plain values for an export."""
    rows = plan.lines.select_related(*_ROWS).order_by("position", "name", "pk")
    yield from map(_as_row, rows.iterator(chunk_size=500))


LINE_COLUMNS = (
    "number", "voice", "provider", "voice_id", "reasons", "last_use", "used_in", "owner", "key_of",
    "deletion", "outcome", "message", "kept_by", "kept_until", "ended_at",
)  # fmt: skip


def _as_row(line: PlannedDeletion) -> dict[str, Any]:
    return {
        "number": line.position,
        "voice": line.name,
        "provider": line.account.info.label,
        "voice_id": line.remote_id,
        "reasons": [f"{each['label']}: {say_stored(each['words'])}" for each in line.reasons],
        "last_use": line.last_use_words,
        "used_in": line.uses,
        "owner": str(line.responsible or ""),
        "key_of": line.credential.holder if line.credential else "",
        "deletion": line.account.info.deletion,
        "outcome": line.get_state_display(),
        "message": line.message_words,
        "kept_by": str(line.kept_by or ""),
        "kept_until": _kept_until(line),
        "ended_at": line.ended_at.isoformat(timespec="seconds") if line.ended_at else None,
    }


def _kept_until(line: PlannedDeletion) -> str | None:
    keep = getattr(line.voice, "keep", None) if line.state == State.KEPT else None
    day = line.kept_until or (keep.until if keep else None)
    return day.isoformat() if day else None


def find_keep(voice: Voice, now: datetime) -> Keep | None:
    """Return the active Keep of a voice, or None."""
    return Keep.objects.active(now).filter(voice=voice.pk).select_related("kept_by").first()


@dataclass(frozen=True, slots=True)
class KeepPage:
    """A user's voices: those due for deletion, kept, recently deleted, and others they used."""

    held: list[PlannedDeletion]
    kept: list[Keep]
    ended: list[PlannedDeletion]
    lost: list[PlannedDeletion]


def get_keeping_board(user: User, team: Team, now: datetime) -> KeepPage:
    """Return what a user needs to know about cleanups, newest first."""
    return KeepPage(
        held=find_held_lines(user),
        kept=_find_kept(user, team, now),
        ended=list(_find_ended(now).visible_to(user).order_by("-ended_at", "pk")[:_SHOWN]),
        lost=_find_lost(user, team, now),
    )


def _find_kept(user: User, team: Team, now: datetime) -> list[Keep]:
    rows = Keep.objects.active(now).filter(voice__account__team=team, voice__remote_deleted_at=None)
    keeps = list(rows.select_related("kept_by", "voice__account").order_by("until", "pk"))
    owners = find_all_responsible([keep.voice_id for keep in keeps])
    return [keep for keep in keeps if owners.get(keep.voice_id) == user or keep.kept_by == user]


def _find_ended(now: datetime) -> PlannedDeletionQuerySet:
    rows = PlannedDeletion.objects.filter(state__in=ENDED_STATES, ended_at__gt=now - _ENDED_SINCE)
    return rows.select_related(*_ROWS, "plan__approved_by")


def _find_lost(user: User, team: Team, now: datetime) -> list[PlannedDeletion]:
    """Return deleted voices of others that were in the user's collections or comparisons."""
    collected = CollectionEntry.objects.filter(
        collection__owner=user, collection__team=team, collection__removed_at=None
    )
    compared = ComparedVoice.objects.filter(comparison__made_by=user, comparison__team=team)
    had = Q(voice__in=collected.values("voice")) | Q(voice__in=compared.values("voice"))
    seen = Voice.objects.visible_to(user).values("pk")
    lines = _find_ended(now).filter(had, plan__team=team, state=State.DELETED)
    others = lines.filter(voice__in=seen).exclude(responsible=user)
    return list(others.order_by("-ended_at", "pk")[:_SHOWN])
