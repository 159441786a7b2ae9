"""Collections and their voices."""

from datetime import datetime
from typing import Any

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_list
from catalog.api.parameters import PageParams
from catalog.api.voices import VoiceSummary, summarize_voice
from catalog.models import Collection, Voice
from catalog.models.tokens import Scope
from catalog.queries.annotations import find_marks
from catalog.queries.collections import find_collections

_TAG = "Collections"


class CollectionSummary(Answer):
    """A collection. ``voice_count`` counts the voices that you can see."""

    id: int
    name: str
    description: str
    is_shared: bool
    owner: str
    voice_count: int
    unseen_count: int
    created_at: datetime


class CollectionList(Answer):
    """A page of collections, by name."""

    data: list[CollectionSummary]
    next_cursor: str | None


class EntryInfo(Answer):
    """A voice's place in a collection, from 1, with the note about it there."""

    position: int
    note: str
    voice: VoiceSummary


class CollectionDetail(CollectionSummary):
    """A collection with a page of its voices, in order."""

    voices: list[EntryInfo]
    next_cursor: str | None


@endpoint(
    "GET", "collections", tag=_TAG, scope=Scope.READ, answer=CollectionList, params=PageParams
)
def list_collections(call: ApiCall[PageParams]) -> CollectionList:
    """List your own collections and those of your team."""
    shown, cursor = cut_list(call, find_collections(call.user))
    return CollectionList(
        data=[CollectionSummary(**_summarize(each)) for each in shown], next_cursor=cursor
    )


@endpoint(
    "GET",
    "collections/<row:collection_id>",
    tag=_TAG,
    scope=Scope.READ,
    answer=CollectionDetail,
    params=PageParams,
)
def get_collection(call: ApiCall[PageParams], collection_id: int) -> CollectionDetail:
    """Get a collection with its voices, a page at a time."""
    found = [each for each in find_collections(call.user) if each.pk == collection_id]
    if not found:
        raise Collection.DoesNotExist
    seen = found[0].entries.filter(voice__in=Voice.objects.visible_to(call.user))
    rows = seen.select_related("voice__account").prefetch_related("voice__labels")
    entries, cursor = cut_list(call, list(rows.order_by("position", "pk")))
    marks = find_marks(call.user, [entry.voice_id for entry in entries])
    return CollectionDetail(
        **_summarize(found[0]),
        voices=[
            EntryInfo(
                position=entry.position,
                note=entry.note,
                voice=VoiceSummary(**summarize_voice(entry.voice, marks)),
            )
            for entry in entries
        ],
        next_cursor=cursor,
    )


def _summarize(collection: Collection) -> dict[str, Any]:
    return {
        "id": collection.pk,
        "name": collection.name,
        "description": collection.description,
        "is_shared": collection.is_shared,
        "owner": str(collection.owner),
        "voice_count": collection.size,  # type: ignore[attr-defined]
        "unseen_count": collection.unseen,  # type: ignore[attr-defined]
        "created_at": collection.created_at,
    }
