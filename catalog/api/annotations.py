"""Stars, tags, and notes."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from catalog import policies
from catalog.api.bodies import Body, clean_form
from catalog.api.endpoints import Answer, ApiCall, CreatedAnswer, endpoint
from catalog.api.pages import cut_page
from catalog.api.parameters import NoParams, PageParams
from catalog.api.voices import find_seen_voice
from catalog.forms.annotations import NoteForm, TagForm
from catalog.models import Note, Tag, TagUse, Voice
from catalog.models.tokens import Scope
from catalog.search.text_normalization import fold_text
from catalog.services.annotations import (
    change_note,
    remove_note,
    star_voice,
    tag_voices,
    untag_voices,
    write_note,
)

_TAG, _NOTES, _STARS = "Tags", "Notes", "Stars"


class TagInfo(Answer):
    """A tag of the team."""

    id: int
    name: str


class TagList(Answer):
    """A page of tags, the newest first."""

    data: list[TagInfo]
    next_cursor: str | None


class NoteInfo(Answer):
    """A note about a voice, which the whole team reads."""

    id: int
    voice_id: int
    text: str
    author: str
    written_at: datetime
    changed_at: datetime | None


class NoteList(Answer):
    """A page of notes, the newest first."""

    data: list[NoteInfo]
    next_cursor: str | None


class NoteBody(Body):
    """The text of a note."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


@endpoint("PUT", "voices/<row:voice_id>/star", tag=_STARS, scope=Scope.WRITE, answer=None)
def put_star(call: ApiCall[NoParams], voice_id: int) -> HttpResponse:
    """Star a voice; only you see it."""
    star_voice(call.user, voice=find_seen_voice(call, voice_id), is_on=True, now=call.now)
    return HttpResponse(status=204)


@endpoint(
    "DELETE",
    "voices/<row:voice_id>/star",
    tag=_STARS,
    scope=Scope.WRITE,
    answer=None,
)
def delete_star(call: ApiCall[NoParams], voice_id: int) -> HttpResponse:
    """Remove your star from a voice."""
    star_voice(call.user, voice=find_seen_voice(call, voice_id), is_on=False, now=call.now)
    return HttpResponse(status=204)


@endpoint("GET", "tags", tag=_TAG, scope=Scope.READ, answer=TagList, params=PageParams)
def list_tags(call: ApiCall[PageParams]) -> TagList:
    """List the team's tags."""
    rows, cursor = cut_page(call, Tag.objects.visible_to(call.user))
    return TagList(data=[TagInfo(id=row.pk, name=row.name) for row in rows], next_cursor=cursor)


@endpoint(
    "PUT",
    "voices/<row:voice_id>/tags/<str:tag>",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
)
def put_tag(call: ApiCall[NoParams], voice_id: int, tag: str) -> HttpResponse:
    """Tag a voice for the team; the tag is made if there is none of this name."""
    voice = _find_to_annotate(call, voice_id)
    names = clean_form(TagForm({"tags": tag}))["tags"]
    has = TagUse.objects.filter(voice=voice, tag__folded=fold_text(names[0])).exists()
    if len(names) > 1 or not has:
        tag_voices(call.user, team=call.team, voices=[voice], names=names, now=call.now)
    return HttpResponse(status=204)


@endpoint(
    "DELETE",
    "voices/<row:voice_id>/tags/<str:tag>",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
)
def delete_tag(call: ApiCall[NoParams], voice_id: int, tag: str) -> HttpResponse:
    """Remove a tag from a voice; a tag that no voice has anymore is deleted."""
    voice = _find_to_annotate(call, voice_id)
    found = Tag.objects.visible_to(call.user).filter(folded=fold_text(tag), uses__voice=voice)
    if (held := found.select_related("team").first()) is not None:
        untag_voices(call.user, voices=[voice], tag=held, now=call.now)
    return HttpResponse(status=204)


@endpoint(
    "GET",
    "voices/<row:voice_id>/notes",
    tag=_NOTES,
    scope=Scope.READ,
    answer=NoteList,
    params=PageParams,
)
def list_notes(call: ApiCall[PageParams], voice_id: int) -> NoteList:
    """List the notes about a voice."""
    voice = find_seen_voice(call, voice_id)
    rows = Note.objects.visible_to(call.user).filter(voice=voice, removed_at=None)
    shown, cursor = cut_page(call, rows.select_related("author"))
    return NoteList(data=[_describe(each) for each in shown], next_cursor=cursor)


@endpoint(
    "POST",
    "voices/<row:voice_id>/notes",
    tag=_NOTES,
    scope=Scope.WRITE,
    answer=NoteInfo,
    body=NoteBody,
    statuses=(201,),
)
def create_note(call: ApiCall[NoParams], voice_id: int) -> CreatedAnswer:
    """Write a note about a voice for the team."""
    voice = _find_to_annotate(call, voice_id)
    text = clean_form(NoteForm({"text": call.body.text}))["text"]
    note = write_note(call.user, voice=voice, text=text, now=call.now)
    return CreatedAnswer(_describe(note), f"/api/v1/notes/{note.pk}")


@endpoint("GET", "notes/<row:note_id>", tag=_NOTES, scope=Scope.READ, answer=NoteInfo)
def get_note(call: ApiCall[NoParams], note_id: int) -> NoteInfo:
    """Get a note."""
    return _describe(_find_note(call, note_id))


@endpoint(
    "PATCH",
    "notes/<row:note_id>",
    tag=_NOTES,
    scope=Scope.WRITE,
    answer=NoteInfo,
    body=NoteBody,
)
def patch_note(call: ApiCall[NoParams], note_id: int) -> NoteInfo:
    """Change the text of a note: your own, or any as an admin."""
    note = _find_note(call, note_id)
    if not policies.may_change_note(call.user, note):
        raise PermissionDenied
    text = clean_form(NoteForm({"text": call.body.text}))["text"]
    change_note(call.user, note=note, text=text, now=call.now)
    return _describe(note)


@endpoint("DELETE", "notes/<row:note_id>", tag=_NOTES, scope=Scope.WRITE, answer=None)
def delete_note(call: ApiCall[NoParams], note_id: int) -> HttpResponse:
    """Remove a note: your own, or any as an admin. People can restore it."""
    remove_note(call.user, note=_find_note(call, note_id), now=call.now)
    return HttpResponse(status=204)


def _find_note(call: ApiCall[NoParams], note_id: int) -> Note:
    rows = Note.objects.visible_to(call.user).filter(removed_at=None)
    return get_object_or_404(rows.select_related("author", "voice__account__team"), pk=note_id)


def _find_to_annotate(call: ApiCall[Any], voice_id: int) -> Voice:
    voice = find_seen_voice(call, voice_id)
    if not policies.may_annotate(call.user, call.team):
        raise PermissionDenied
    return voice


def _describe(note: Note) -> NoteInfo:
    return NoteInfo(
        id=note.pk,
        voice_id=note.voice_id,
        text=note.text,
        author=str(note.author),
        written_at=note.written_at,
        changed_at=note.changed_at,
    )
