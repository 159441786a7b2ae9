"""Where voices are used: what would refer to nothing after they are deleted."""

from collections import Counter, defaultdict
from collections.abc import Collection as Ids
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import Coalesce

from catalog.models import (
    Collection,
    CollectionEntry,
    ComparedVoice,
    PlannedDeletion,
    Selection,
    Star,
    User,
    Voice,
)

_SELECTIONS_COUNT = timedelta(days=90)
_MOST_SELECTIONS = 200


def find_where_used(user: User, voice_ids: Ids[int], now: datetime) -> dict[int, list[str]]:
    """Return what uses each voice, as text; other people's private things are not named."""
    found: dict[int, list[str]] = defaultdict(list)
    entries = CollectionEntry.objects.filter(
        voice__in=voice_ids, collection__removed_at=None
    ).select_related("collection")
    for entry in entries.order_by("collection__name", "pk"):
        collection = entry.collection
        is_open = collection.is_shared or collection.owner_id == user.pk
        found[entry.voice_id].append(
            f"Collection {collection.name}" if is_open else "A private collection"
        )
    compared = ComparedVoice.objects.filter(voice__in=voice_ids).order_by().values("voice")
    whole = Coalesce("comparison__first", "comparison")
    for row in compared.annotate(number=Count(whole, distinct=True)):
        number = row["number"]
        found[row["voice"]].append(f"{number} comparison{'s' if number > 1 else ''}")
    for voice_id, count in _count_selections(voice_ids, now).items():
        found[voice_id].append(f"{count} saved selection{'s' if count > 1 else ''}")
    stars = Star.objects.filter(voice__in=voice_ids).order_by().values("voice")
    for row in stars.annotate(number=Count("pk")):
        number = row["number"]
        found[row["voice"]].append(f"Starred by {number}")
    return dict(found)


def _count_selections(voice_ids: Ids[int], now: datetime) -> Counter[int]:
    wanted, counts = set(voice_ids), Counter[int]()
    recent = Selection.objects.filter(chosen_at__gt=now - _SELECTIONS_COUNT).order_by("-pk")
    for chosen in recent.values_list("voice_ids", flat=True)[:_MOST_SELECTIONS]:
        counts.update(wanted.intersection(chosen))
    return counts


@dataclass(frozen=True, slots=True)
class VoiceReferences:
    """What uses one voice, as far as a user may know; comparisons are in ``find_voice_rounds``."""

    collections: list[Collection]
    closed_count: int  # personal collections of other people
    selections: list[Selection]
    plans: list[PlannedDeletion]
    star_count: int


def find_references(user: User, voice: Voice, now: datetime) -> VoiceReferences:
    """Return the collections, selections, cleanup plans, and stars of a voice that is shown."""
    holding = Collection.objects.kept().filter(entries__voice=voice, team=voice.account.team)
    open_to_user = holding.visible_to(user).select_related("owner").order_by("name", "pk")
    closed = holding.exclude(pk__in=open_to_user.order_by().values("pk"))
    recent = Selection.objects.visible_to(user).filter(chosen_at__gt=now - _SELECTIONS_COUNT)
    chosen = recent.order_by("-pk")[:_MOST_SELECTIONS]
    lines = PlannedDeletion.objects.filter(voice=voice).select_related("plan")
    return VoiceReferences(
        collections=list(open_to_user),
        closed_count=closed.count(),
        selections=[each for each in chosen if voice.pk in each.voice_ids],
        plans=list(lines.order_by("-plan")),
        star_count=Star.objects.filter(voice=voice).count(),
    )
