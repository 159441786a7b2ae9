"""Notify everyone affected by a finished plan, once per person and plan."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from catalog.core.locales import say_number, storing
from catalog.jobs.notifications.send import notify
from catalog.models import (
    CleanupPlan,
    CollectionEntry,
    ComparedVoice,
    Credential,
    Notification,
    PlannedDeletion,
    User,
    Voice,
)
from catalog.queries.voices.audience import find_sight, join_names

State = PlannedDeletion.State

_TOLD = (State.DELETED, State.HIDDEN, State.FAILED)


@dataclass(slots=True)
class _Losses:
    """The content of one person's notification: their own voices by outcome, and other losses."""

    own: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    collections: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    compared: list[str] = field(default_factory=list)

    def describe(self, plan: CleanupPlan) -> str:
        by = f", approved by {plan.approved_by}" if plan.approved_by else ""
        parts = [f"Cleanup plan {plan.pk}{by}."]
        if names := self.own[State.DELETED]:
            parts.append(f"Your voices deleted: {_list_names(names)}.")
        if names := self.own[State.HIDDEN]:
            parts.append(
                f"Your voices hidden, because they can't be deleted: {_list_names(names)}."
            )
        if names := self.own[State.FAILED]:
            parts.append(f"Your voices not deleted, because of an error: {_list_names(names)}.")
        for title, names in self.collections.items():
            parts.append(f"Your collection {title} lost {_list_names(names)}.")
        if self.compared:
            parts.append(f"Your comparisons lost {_list_names(self.compared)}.")
        return " ".join(parts)


def _list_names(names: list[str]) -> str:
    """Return the names as a list, those of several voices once: "Ada (3) and Bo"."""
    counts = Counter(names)
    return join_names(
        [f"{name} ({say_number(count)})" if count > 1 else name for name, count in counts.items()]
    )


def find_unannounced_plans() -> list[int]:
    """Return finished plans with outcomes that were not announced yet."""
    lines = PlannedDeletion.objects.filter(plan=OuterRef("pk"))
    ended = CleanupPlan.objects.filter(started_at__isnull=False).exclude(Exists(lines.unfinished()))
    untold = ended.filter(Exists(lines.filter(state__in=_TOLD, told_at=None)))
    return list(untold.order_by("pk").values_list("pk", flat=True)[:200])


@transaction.atomic
@storing()
def notify_of_outcomes(plan_id: int, now: datetime) -> int:
    """Notify owners of what happened to their voices, once no line of the plan is running.

    Owners of collections and comparisons that lost a voice are notified too, if they could see it.
    Lines that were retried are announced again. Calling it twice sends nothing twice.
    """
    # If two workers end the last lines at once, the lock makes the second one see all lines ended.
    rows = CleanupPlan.objects.select_for_update(of=("self",), no_key=True).select_related(
        "approved_by", "team"
    )
    plan = rows.get(pk=plan_id)
    if plan.lines.unfinished().exists():
        return 0
    untold = plan.lines.filter(state__in=_TOLD, told_at=None)
    lines = list(untold.select_related("voice__account", "responsible").order_by("position", "pk"))
    if not lines:
        return 0
    untold.update(told_at=now)
    found: dict[int, _Losses] = defaultdict(_Losses)
    for line in lines:
        if line.responsible_id is not None:
            found[line.responsible_id].own[line.state].append(line.name[:40])
    _add_losses(plan, [line for line in lines if line.is_deleted], found)
    members = plan.team.memberships.values("user")
    people = User.objects.filter(pk__in=list(found)).filter(pk__in=members)
    for person in people.order_by("pk"):
        losses = found[person.pk]
        mood = "fail" if losses.own[State.FAILED] else "off"
        texts = {person.pk: losses.describe(plan)}
        page = Notification.Page.KEEPING
        notify(Notification.Event.OUTCOME, texts, now, team=plan.team, page=page, mood=mood)
    return len(people)


def _add_losses(
    plan: CleanupPlan, deleted: list[PlannedDeletion], found: dict[int, _Losses]
) -> None:
    names = {line.voice_id: line.name[:40] for line in deleted}
    rows = Voice.objects.filter(pk__in=names).values_list("pk", "account", "key_set")
    places = {pk: (account, key_set) for pk, account, key_set in rows}
    sight = find_sight(plan.team, places.values())
    entries = CollectionEntry.objects.filter(voice__in=names, collection__removed_at=None)
    collected = entries.values_list("collection__owner", "collection__name", "voice")
    for owner, title, voice_id in collected.order_by("collection__name", "position"):
        if owner in sight[places[voice_id]]:
            found[owner].collections[title[:40]].append(names[voice_id])
    compared = ComparedVoice.objects.filter(voice__in=names)
    pairs = compared.order_by("voice").values_list("comparison__made_by", "voice").distinct()
    for owner, voice_id in pairs:
        if owner in sight[places[voice_id]]:
            found[owner].compared.append(names[voice_id])


def find_plans_through(credential: Credential) -> list[int]:
    """Return the plans that have an active line using this key."""
    lines = PlannedDeletion.objects.filter(
        credential=credential, state__in=PlannedDeletion.ACTIVE_STATES
    )
    return sorted(set(lines.values_list("plan", flat=True)))


def notify_of_plans(plan_ids: Iterable[int], now: datetime) -> None:
    """Notify owners of what happened to their voices in several plans."""
    for plan_id in plan_ids:
        notify_of_outcomes(plan_id, now)
