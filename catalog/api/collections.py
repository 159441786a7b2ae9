"""Collections and their voices."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from catalog import policies
from catalog.api.bodies import Body, clean_form
from catalog.api.endpoints import Answer, ApiCall, CreatedAnswer, demand_match, endpoint
from catalog.api.pages import cut_list
from catalog.api.parameters import NoParams, PageParams
from catalog.api.voices import VoiceSummary, find_seen_voice, summarize_voice
from catalog.forms.collections import CollectionForm
from catalog.models import Collection, Voice
from catalog.models.tokens import Scope
from catalog.queries.annotations import find_marks
from catalog.queries.collections import find_collections
from catalog.services.collections import (
    change_collection,
    collect_voices,
    drop_voice,
    make_collection,
    move_entry,
    remove_collection,
)

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


_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
_Words = Annotated[str, msgspec.Meta(max_length=300)]


class CollectionBody(Body):
    """A new collection."""

    name: _Name
    description: _Words = ""
    is_shared: bool = False


class CollectionChange(Body):
    """What to change about a collection."""

    name: _Name | msgspec.UnsetType = msgspec.UNSET
    description: _Words | msgspec.UnsetType = msgspec.UNSET
    is_shared: bool | msgspec.UnsetType = msgspec.UNSET


class MoveBody(Body):
    """Where to: -1 is up, 1 is down."""

    by: Literal[-1, 1]


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
    return _describe(call, _find_collection(call, collection_id))


def _describe(call: ApiCall[PageParams], found: Collection) -> CollectionDetail:
    seen = found.entries.filter(voice__in=Voice.objects.visible_to(call.user))
    rows = seen.select_related("voice__account").prefetch_related("voice__labels")
    entries, cursor = cut_list(call, list(rows.order_by("position", "pk")))
    marks = find_marks(call.user, [entry.voice_id for entry in entries])
    return CollectionDetail(
        **_summarize(found),
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


@endpoint(
    "POST",
    "collections",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=CollectionSummary,
    body=CollectionBody,
    statuses=(201,),
)
def create_collection(call: ApiCall[NoParams]) -> CreatedAnswer:
    """Make a collection: your own, or one that the team sees."""
    body = call.body
    values = _clean(body.name, body.description, is_shared=body.is_shared)
    made = make_collection(call.user, team=call.team, now=call.now, **values)
    found = _find_collection(call, made.pk)
    return CreatedAnswer(CollectionSummary(**_summarize(found)), f"/api/v1/collections/{made.pk}")


@endpoint(
    "PATCH",
    "collections/<row:collection_id>",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=CollectionSummary,
    body=CollectionChange,
    problems=("changed-meanwhile",),
)
def patch_collection(call: ApiCall[NoParams], collection_id: int) -> CollectionSummary:
    """Change a collection's name, description, or who sees it; what isn't sent stays."""
    collection = _find_to_change(call, collection_id)
    body = call.body
    values = _clean(
        collection.name if body.name is msgspec.UNSET else body.name,
        collection.description if body.description is msgspec.UNSET else body.description,
        is_shared=collection.is_shared if body.is_shared is msgspec.UNSET else body.is_shared,
    )
    people = list(collection.maintainers.all())
    change_collection(call.user, collection=collection, maintainers=people, now=call.now, **values)
    return CollectionSummary(**_summarize(_find_collection(call, collection_id)))


@endpoint(
    "DELETE",
    "collections/<row:collection_id>",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
    problems=("changed-meanwhile",),
)
def delete_collection(call: ApiCall[NoParams], collection_id: int) -> HttpResponse:
    """Remove a collection, not its voices. People can restore it."""
    collection = _find_to_change(call, collection_id)
    remove_collection(call.user, collection=collection, now=call.now)
    return HttpResponse(status=204)


@endpoint(
    "PUT",
    "collections/<row:collection_id>/voices/<row:voice_id>",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
    problems=("changed-meanwhile",),
)
def put_entry(call: ApiCall[NoParams], collection_id: int, voice_id: int) -> HttpResponse:
    """Add a voice to the end of a collection; nothing changes if it is in it."""
    collection = _find_to_change(call, collection_id)
    voice = find_seen_voice(call, voice_id)
    if not collection.entries.filter(voice=voice).exists():
        collect_voices(call.user, collection=collection, voices=[voice], now=call.now)
    return HttpResponse(status=204)


@endpoint(
    "DELETE",
    "collections/<row:collection_id>/voices/<row:voice_id>",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
    problems=("changed-meanwhile",),
)
def delete_entry(call: ApiCall[NoParams], collection_id: int, voice_id: int) -> HttpResponse:
    """Take a voice out of a collection; nothing changes if it isn't in it."""
    collection = _find_to_change(call, collection_id)
    voice = find_seen_voice(call, voice_id)
    if collection.entries.filter(voice=voice).exists():
        drop_voice(call.user, collection=collection, voice=voice, now=call.now)
    return HttpResponse(status=204)


@endpoint(
    "POST",
    "collections/<row:collection_id>/voices/<row:voice_id>/move",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
    body=MoveBody,
    problems=("changed-meanwhile",),
)
def move_voice(call: ApiCall[NoParams], collection_id: int, voice_id: int) -> HttpResponse:
    """Move a voice one place up or down in a collection."""
    collection = _find_to_change(call, collection_id)
    seen = collection.entries.filter(voice__in=Voice.objects.visible_to(call.user))
    entry = get_object_or_404(seen.select_related("collection"), voice=voice_id)
    move_entry(call.user, entry=entry, by=call.body.by, now=call.now)
    return HttpResponse(status=204)


def _find_collection(call: ApiCall[Any], collection_id: int) -> Collection:
    for each in find_collections(call.user):
        if each.pk == collection_id:
            return each
    raise Collection.DoesNotExist


def _find_to_change(call: ApiCall[NoParams], collection_id: int) -> Collection:
    collection = _find_collection(call, collection_id)
    if not policies.may_change_collection(call.user, collection):
        raise PermissionDenied
    if "If-Match" in call.request.headers:
        asked = ApiCall(call.request, call.bearer, PageParams(), call.now)
        demand_match(call, _describe(asked, collection))
    return collection


def _clean(name: str, description: str, *, is_shared: bool) -> dict[str, Any]:
    whose = "team" if is_shared else "own"
    form = CollectionForm({"name": name, "description": description, "whose": whose})
    values = clean_form(form)
    return {
        "name": values["name"],
        "description": values["description"],
        "is_shared": form.is_shared,
    }


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
