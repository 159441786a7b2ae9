"""Decide about voices that are likely the same: merge them, or say that they are different."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import (
    CollectionEntry,
    Note,
    Rating,
    Star,
    TagUse,
    TwinPair,
    User,
    Voice,
)
from catalog.models.voices.versions import raise_own_version, raise_version, touch_voices
from catalog.services.cleanups.plans import create_plan
from catalog.services.voices.edit import archive_voices, unarchive_voices

State = TwinPair.State


class AlreadyDecided(Exception):
    """Someone has decided about the pair."""


@transaction.atomic
def mark_different(user: User, *, pair: TwinPair, now: datetime) -> None:
    """Say that the voices are different; later searches don't ask again. Raises AlreadyDecided."""
    if not policies.may_annotate(user, pair.team):
        raise PermissionDenied
    _decide(user, pair, State.DIFFERENT, now)
    record(user, "voices marked as different", pair, team=pair.team, now=now)


@transaction.atomic
def reopen_pair(user: User, *, pair: TwinPair, now: datetime) -> None:
    """Take back that the voices are different."""
    if not policies.may_annotate(user, pair.team):
        raise PermissionDenied
    rows = TwinPair.objects.filter(pk=pair.pk, state=State.DIFFERENT)
    if rows.update(state=State.OPEN, decided_by=None, decided_at=None):
        record(user, "voices no longer marked as different", pair, team=pair.team, now=now)


@transaction.atomic
def merge_twins(
    user: User, *, pair: TwinPair, kept: Voice, is_planned: bool, now: datetime
) -> int | None:
    """Add what people put on the other voice to ``kept``, and archive the other voice.

    With ``is_planned``, also draw up a cleanup plan for it and return the plan's id; an admin
    still has to approve it. Raises AlreadyDecided, NothingToPlan.

    What both have stays as it is on ``kept``: a person's rating, and the note of a collection.
    """
    if not policies.may_archive_voices(user, pair.team):
        raise PermissionDenied
    lost = pair.second if kept.pk == pair.first_id else pair.first
    _decide(user, pair, State.MERGED, now, kept=kept)
    people = _find_people(lost)
    added = {
        "stars": _add_stars(kept, lost),
        "tags": _add_tags(kept, lost),
        "notes": _add_notes(kept, lost),
        "ratings": _add_ratings(kept, lost),
        **_move_entries(kept, lost),
        "was_archived": lost.is_archived,
    }
    TwinPair.objects.filter(pk=pair.pk).update(added=added)
    plan = None
    if is_planned:
        plan = create_plan(user, team=pair.team, voice_ids=[lost.pk], now=now).pk
    archive_voices(user, team=pair.team, voices=[lost], now=now)
    _show_changes(pair, people)
    facts = {"kept": kept.full_name[:200], "other": lost.full_name[:200]}
    record(user, "voices merged", pair, team=pair.team, now=now, after=facts)
    return plan


@transaction.atomic
def undo_merge(user: User, *, pair: TwinPair, now: datetime) -> None:
    """Remove what merging added, and show the other voice again. Raises AlreadyDecided.

    What people changed since stays, and so does a cleanup plan.
    """
    if not policies.may_archive_voices(user, pair.team):
        raise PermissionDenied
    rows = TwinPair.objects.filter(pk=pair.pk, state=State.MERGED)
    undecided = {"kept": None, "decided_by": None, "decided_at": None}
    if not rows.update(state=State.OPEN, added={}, **undecided):
        raise AlreadyDecided
    added, people = pair.added, _find_people(pair.kept or pair.first)
    for name, model in _MODELS.items():
        model._default_manager.filter(pk__in=added.get(name, []), voice=pair.kept).delete()
    for place in added.get("left", []):
        values = {"position": place["position"], "note": place["note"], "added_at": now}
        CollectionEntry.objects.get_or_create(
            collection_id=place["collection"], voice=pair.lost, defaults=values
        )
    if not added.get("was_archived"):
        unarchive_voices(user, team=pair.team, voices=[pair.lost], now=now)
    _show_changes(pair, people)
    record(user, "merge of voices undone", pair, team=pair.team, now=now)


_MODELS: dict[str, Any] = {
    "stars": Star,
    "tags": TagUse,
    "notes": Note,
    "ratings": Rating,
    "entries": CollectionEntry,
}


def _decide(user: User, pair: TwinPair, state: str, now: datetime, **values: Any) -> None:
    rows = TwinPair.objects.open().filter(pk=pair.pk)
    if not rows.update(state=state, decided_by=user, decided_at=now, **values):
        raise AlreadyDecided


def _find_people(voice: Voice) -> set[int]:
    """Return whose own marks show on the voice's card."""
    stars = Star.objects.filter(voice=voice).values_list("user", flat=True)
    return set(stars) | set(Rating.objects.filter(voice=voice).values_list("user", flat=True))


def _show_changes(pair: TwinPair, people: set[int]) -> None:
    touch_voices([pair.first_id, pair.second_id])
    raise_version(pair.team_id)
    for person in sorted(people):
        raise_own_version(person)


def _add_stars(kept: Voice, lost: Voice) -> list[int]:
    has = Star.objects.filter(voice=kept).values("user")
    rows = Star.objects.filter(voice=lost).exclude(user__in=has)
    return _add(Star, [Star(user=x.user, voice=kept, starred_at=x.starred_at) for x in rows])


def _add_tags(kept: Voice, lost: Voice) -> list[int]:
    has = TagUse.objects.filter(voice=kept).values("tag")
    rows = TagUse.objects.filter(voice=lost).exclude(tag__in=has)
    return _add(TagUse, [TagUse(tag=each.tag, voice=kept) for each in rows])


def _add_notes(kept: Voice, lost: Voice) -> list[int]:
    rows = Note.objects.filter(voice=lost).kept()
    copies = [
        Note(
            voice=kept,
            author=each.author,
            text=each.text,
            written_at=each.written_at,
            changed_at=each.changed_at,
        )
        for each in rows
    ]
    return _add(Note, copies)


def _add_ratings(kept: Voice, lost: Voice) -> list[int]:
    has = Rating.objects.filter(voice=kept).values("user")
    rows = Rating.objects.filter(voice=lost).exclude(user__in=has)
    return _add(Rating, [Rating(user=x.user, voice=kept, value=x.value) for x in rows])


def _move_entries(kept: Voice, lost: Voice) -> dict[str, Any]:
    """Put ``kept`` into the collections of ``lost``, in its place, and remove ``lost``."""
    rows = CollectionEntry.objects.filter(voice=lost)
    left = [
        {"collection": each.collection_id, "position": each.position, "note": each.note}
        for each in rows
    ]
    has = set(CollectionEntry.objects.filter(voice=kept).values_list("collection", flat=True))
    fresh = [
        CollectionEntry(
            collection_id=each.collection_id,
            voice=kept,
            position=each.position,
            note=each.note,
            added_at=each.added_at,
        )
        for each in rows
        if each.collection_id not in has
    ]
    rows.delete()
    return {"entries": _add(CollectionEntry, fresh), "left": left}


def _add(model: Any, rows: list[Any]) -> list[int]:
    return [row.pk for row in model.objects.bulk_create(rows)]
