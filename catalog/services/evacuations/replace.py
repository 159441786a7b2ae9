"""Approve a replacement plan, which puts the new voices into every place at once, and undo it."""

from collections import Counter
from collections.abc import Collection as Names
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import Facts, Value, record, record_each
from catalog.models import (
    Collection,
    CollectionEntry,
    Evacuation,
    EvacuationChange,
    EvacuationLine,
    SavedSearch,
    Selection,
    Team,
    User,
)
from catalog.models.voices.versions import raise_own_version, touch_voices
from catalog.policies.evacuations import may_change_evacuation, may_replace_everywhere
from catalog.queries.speakers import find_voice_obstacles
from catalog.queries.voices.references import VoicePlace, find_places
from catalog.services.annotations import gather_words
from catalog.services.evacuations.places import COPIERS, REPLACERS, Replacing, undo_change
from catalog.services.evacuations.plans import PlanClosed

State, LineState = Evacuation.State, EvacuationLine.State
_BATCH = 500


class NotReady(Exception):
    """The plan can't be approved yet; the message says why."""


@transaction.atomic
def approve_evacuation(
    user: User, *, evacuation: Evacuation, copies: Names[str], now: datetime
) -> int:
    """Put every new voice that is ready into the places of the old one; return how many places.

    An admin replaces in everyone's places, others where they may change them. ``copies`` names the
    annotations to copy besides. Raises PlanClosed, NotReady.
    """
    plan = _lock_plan(user, evacuation)
    if not plan.is_open:
        raise PlanClosed("This plan is closed.")
    lines = list(
        plan.lines.select_related("voice", "replacement", "batch").prefetch_related(
            "batch__jobs__voice"
        )
    )
    _check_ready(plan, lines)
    ready = _list_usable(lines, now)
    if not ready:
        raise NotReady("No replacement is ready yet.")
    changes, people = _replace_all(user, plan, ready, copies, now)
    for line in ready.values():
        line.replacement, line.state = line.successor, LineState.REPLACED
    EvacuationLine.objects.bulk_update(ready.values(), ["replacement", "state"], batch_size=_BATCH)
    kept = [name for name in COPIERS if name in copies]
    Evacuation.objects.filter(pk=plan.pk).update(
        state=State.APPROVED, approved_by=user, approved_at=now, ended_at=now, copies=kept
    )
    _finish(user, plan, list(ready.values()), changes, people, now)
    return len(changes)


def _check_ready(plan: Evacuation, lines: list[EvacuationLine]) -> None:
    if plan.is_starting:
        raise NotReady("The clones are still being requested. Try again in a moment.")
    jobs = [line.new_job for line in lines if line.clones_again and line.batch_id]
    running = sum(job is not None and not job.is_finished for job in jobs)
    if running:
        raise NotReady(
            f"{running} clone{'s are' if running > 1 else ' is'} still being made. Wait for"
            " them, or choose another replacement for their voices."
        )


def _list_usable(lines: list[EvacuationLine], now: datetime) -> dict[int, EvacuationLine]:
    """Return the lines whose new voice exists and may be used, by their old voice."""
    chosen = [(line, line.successor) for line in lines]
    voices = [voice for _, voice in chosen if voice is not None]
    obstacles = find_voice_obstacles(voices, now.date())
    return {
        line.voice_id: line
        for line, voice in chosen
        if voice and not voice.is_gone and voice.pk not in {line.voice_id, *obstacles}
    }


def _replace_all(
    user: User,
    plan: Evacuation,
    ready: dict[int, EvacuationLine],
    copies: Names[str],
    now: datetime,
) -> tuple[list[EvacuationChange], set[int]]:
    replacing = Replacing(
        lines=ready,
        successors={pk: line.successor for pk, line in ready.items() if line.successor},
        old={pk: line.voice for pk, line in ready.items()},
        now=now,
    )
    places = _list_changeable(user, plan.team, find_places(user, plan.team, list(ready), now))
    changes: list[EvacuationChange] = []
    for kind, replace in REPLACERS.items():
        found = [place for place in places if place.kind == kind]
        if found:
            changes += replace(found, replacing)
            replacing.people |= {place.owner_id for place in found if not place.is_shared}
    for kind, copy in COPIERS.items():
        if kind in copies:
            changes += copy(replacing)
    EvacuationChange.objects.bulk_create(changes, batch_size=_BATCH)
    return changes, replacing.people


def _list_changeable(user: User, team: Team, places: list[VoicePlace]) -> list[VoicePlace]:
    """Return the places where the user may replace a voice: an admin everywhere."""
    if may_replace_everywhere(user, team):
        return places
    own = {
        "collection": CollectionEntry.objects.filter(collection__in=policies.changeable_by(user)),
        "selection": Selection.objects.filter(user=user),
        "search": SavedSearch.objects.filter(owner=user),
    }
    kinds = {kind: set(rows.values_list("pk", flat=True)) for kind, rows in own.items()}
    return [place for place in places if place.pk in kinds[place.kind]]


@transaction.atomic
def undo_evacuation(user: User, *, evacuation: Evacuation, now: datetime) -> tuple[int, int]:
    """Restore every place that still has what the plan put there.

    Return how many were restored, and how many stay because someone changed them since. Raises
    PlanClosed.
    """
    plan = _lock_plan(user, evacuation)
    if not plan.is_approved:
        raise PlanClosed("Only a plan that was approved can be undone.")
    rows = EvacuationChange.objects.filter(line__evacuation=plan).select_related("line")
    changes, people = list(rows.order_by("-pk")), set[int]()
    for change in changes:
        is_restored = undo_change(change, people=people)
        change.state = (
            EvacuationChange.State.UNDONE if is_restored else EvacuationChange.State.CHANGED
        )
    EvacuationChange.objects.bulk_update(changes, ["state"], batch_size=_BATCH)
    lines = list(plan.lines.filter(state=LineState.REPLACED).select_related("voice", "replacement"))
    plan.lines.filter(state=LineState.REPLACED).update(state=LineState.PLANNED)
    Evacuation.objects.filter(pk=plan.pk).update(state=State.UNDONE, undone_by=user, undone_at=now)
    counts = Counter(change.state for change in changes)
    undone, kept = (
        counts[EvacuationChange.State.UNDONE],
        counts[EvacuationChange.State.CHANGED],
    )
    _refresh_pages(lines, changes, people | _list_owners(changes))
    record(user, "replacement undone", plan, team=plan.team, now=now, restored=undone, kept=kept)
    return undone, kept


def _list_owners(changes: list[EvacuationChange]) -> set[int]:
    """Return the owners of the personal collections that were changed."""
    pks = [change.before["collection"] for change in changes if change.kind == "collection"]
    rows = Collection.objects.filter(pk__in=pks, is_shared=False)
    return set(rows.values_list("owner", flat=True))


def _finish(
    user: User,
    plan: Evacuation,
    lines: list[EvacuationLine],
    changes: list[EvacuationChange],
    people: set[int],
    now: datetime,
) -> None:
    _refresh_pages(lines, changes, people)
    counts = Counter(change.line_id for change in changes)
    rows: list[tuple[object, dict[str, Value | Facts]]] = [
        (line.voice, {"new_voice": str(line.replacement), "places": counts[line.pk]})
        for line in lines
    ]
    record_each(user, "voice replaced", rows, team=plan.team, now=now)
    record(
        user,
        "replacement plan approved",
        plan,
        team=plan.team,
        now=now,
        voices=len(lines),
        places=len(changes),
    )


def _refresh_pages(
    lines: list[EvacuationLine], changes: list[EvacuationChange], people: set[int]
) -> None:
    """Renew what lists show of the voices, and of whatever was changed for these people."""
    for person in sorted(people):
        raise_own_version(person)
    new_ids = [line.replacement_id for line in lines if line.replacement_id]
    if {change.kind for change in changes} & {"tag", "note"}:
        gather_words(new_ids)
    touch_voices([*new_ids, *(line.voice_id for line in lines)])


def _lock_plan(user: User, evacuation: Evacuation) -> Evacuation:
    if not may_change_evacuation(user, evacuation):
        raise PermissionDenied
    rows = Evacuation.objects.select_for_update(of=("self",), no_key=True).select_related("team")
    return rows.get(pk=evacuation.pk)
