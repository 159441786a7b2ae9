"""Where voices are used: what would refer to nothing after they are deleted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from collections.abc import Collection as Ids
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from django.db.models import Count
from django.db.models.functions import Coalesce

from catalog.models import (
    Collection,
    CollectionEntry,
    ComparedVoice,
    EvacuationLine,
    PlannedDeletion,
    SavedSearch,
    Selection,
    Star,
    Team,
    User,
    Voice,
)

_SELECTIONS_COUNT = timedelta(days=90)
_MOST_SELECTIONS = 200
_MOST_STEPS = 5
# What may stand around an id that someone typed into a search.
_AROUND_ID = "\"'()-,"


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


@dataclass(frozen=True, slots=True)
class VoicePlace:
    """A place that names a voice and can name another instead: a row of the kind.

    ``name`` is "" if it's a private thing of someone else.
    """

    kind: str
    voice_id: int
    pk: int
    name: str
    owner_id: int
    is_shared: bool = False


def find_places(user: User, team: Team, voice_ids: Ids[int], now: datetime) -> list[VoicePlace]:
    """Return every place of a team that names one of the voices, by kind.

    The number of queries doesn't depend on the number of voices.
    """
    found = [place for find in PLACES.values() for place in find(team, voice_ids, now)]
    return [
        VoicePlace(place.kind, place.voice_id, place.pk, "", place.owner_id)
        if not place.is_shared and place.owner_id != user.pk
        else place
        for place in found
    ]


def _find_entries(team: Team, voice_ids: Ids[int], now: datetime) -> Iterator[VoicePlace]:
    entries = CollectionEntry.objects.filter(
        voice__in=voice_ids, collection__team=team, collection__removed_at=None
    )
    for entry in entries.select_related("collection").order_by("collection__name", "pk"):
        held = entry.collection
        yield VoicePlace(
            "collection", entry.voice_id, entry.pk, held.name, held.owner_id, held.is_shared
        )


def _find_selections(team: Team, voice_ids: Ids[int], now: datetime) -> Iterator[VoicePlace]:
    wanted = set(voice_ids)
    recent = Selection.objects.filter(team=team, chosen_at__gt=now - _SELECTIONS_COUNT)
    for row in recent.order_by("-pk")[:_MOST_SELECTIONS]:
        name = f"Selection of {len(row.voice_ids)} voices"
        for pk in dict.fromkeys(row.voice_ids):
            if pk in wanted:
                yield VoicePlace("selection", pk, row.pk, name, row.user_id)


def _find_searches(team: Team, voice_ids: Ids[int], now: datetime) -> Iterator[VoicePlace]:
    ids = dict(Voice.objects.filter(pk__in=voice_ids).values_list("remote_id", "pk"))
    for search in SavedSearch.objects.kept().filter(team=team).order_by("name", "pk"):
        for remote_id in list_typed_ids(search.query, ids):
            yield VoicePlace(
                "search", ids[remote_id], search.pk, search.name, search.owner_id, search.is_shared
            )


def list_typed_ids(query: str, remote_ids: Ids[str]) -> list[str]:
    """Return which voice IDs someone typed into a saved search."""
    typed = [value for name, value in parse_qsl(query) if name == "q"]
    words = {word.strip(_AROUND_ID) for value in typed for word in value.split()}
    return sorted(words.intersection(remote_ids))


# Every kind of place that names a voice and can be changed to name another one. Comparisons are
# history and keep theirs; the next round starts with ``follow_replacements``. For a new kind, also
# add how to replace it in services/evacuations/places.py.
PLACES: dict[str, Callable[[Team, Ids[int], datetime], Iterator[VoicePlace]]] = {
    "collection": _find_entries,
    "selection": _find_selections,
    "search": _find_searches,
}


def follow_replacements(voice_ids: Ids[int]) -> list[int]:
    """Return the ids in their order, with those that a plan replaced exchanged for the new ones."""
    followed = list(voice_ids)
    for _ in range(_MOST_STEPS):
        lines = EvacuationLine.objects.filter(
            voice__in=followed, state=EvacuationLine.State.REPLACED, replacement__isnull=False
        )
        newer = dict(lines.order_by("evacuation__approved_at").values_list("voice", "replacement"))
        if not newer:
            break
        followed = [newer.get(pk, pk) for pk in followed]
    return list(dict.fromkeys(followed))
