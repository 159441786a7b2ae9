"""Syntheses: texts that a voice spoke, and their sound."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import Http404, HttpResponseBase

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_by_time
from catalog.api.parameters import Id, NoParams, PageParams
from catalog.api.voices import SOUNDS
from catalog.core.media import has_media
from catalog.models import Synthesis
from catalog.models.tokens import Scope
from catalog.queries.syntheses.history import get_speech
from catalog.views.base.media import send_sound

_TAG = "Speech"


class SynthesisParams(PageParams, frozen=True, kw_only=True):
    """Which syntheses to list."""

    voice_id: Annotated[Id | None, msgspec.Meta(description="Only of this voice")] = None
    state: Annotated[
        Literal[tuple(Synthesis.State.values)] | None,  # type: ignore[valid-type]
        msgspec.Meta(description="Only in this state"),
    ] = None


class SynthesisInfo(Answer):
    """A text that a voice speaks. When its state is done, ``audio_url`` has the sound."""

    id: uuid.UUID
    voice_id: int
    text: str
    settings: dict[str, Any]
    state: str
    message: str
    characters: int
    is_cached: bool
    seconds: float | None
    audio_url: str | None
    requested_by: str
    created_at: datetime
    ended_at: datetime | None


class SynthesisList(Answer):
    """A page of syntheses, the newest first."""

    data: list[SynthesisInfo]
    next_cursor: str | None


@endpoint(
    "GET", "syntheses", tag=_TAG, scope=Scope.SPEAK, answer=SynthesisList, params=SynthesisParams
)
def list_syntheses(call: ApiCall[SynthesisParams]) -> SynthesisList:
    """List texts that voices spoke, without those of comparisons that are still blind."""
    blind = Synthesis.objects.visible_to(call.user).in_blind_round()
    rows = Synthesis.objects.visible_to(call.user).exclude(pk__in=blind.values("pk"))
    if call.params.voice_id is not None:
        rows = rows.filter(voice=call.params.voice_id)
    if call.params.state is not None:
        rows = rows.filter(state=call.params.state)
    shown, cursor = cut_by_time(call, rows.select_related("clip", "requested_by"))
    return SynthesisList(data=[_describe(each) for each in shown], next_cursor=cursor)


@endpoint("GET", "syntheses/<uuid:synthesis_id>", tag=_TAG, scope=Scope.SPEAK, answer=SynthesisInfo)
def get_synthesis(call: ApiCall[NoParams], synthesis_id: uuid.UUID) -> SynthesisInfo:
    """Get a synthesis, to see whether it is done."""
    return _describe(_find_open(call, synthesis_id))


@endpoint(
    "GET",
    "syntheses/<uuid:synthesis_id>/audio",
    tag=_TAG,
    scope=Scope.SPEAK,
    answer=None,
    media_types=SOUNDS,
    statuses=(200, 206),
)
def get_synthesis_audio(call: ApiCall[NoParams], synthesis_id: uuid.UUID) -> HttpResponseBase:
    """Get the sound of a synthesis, in parts if asked."""
    speech = _find_open(call, synthesis_id)
    if speech.clip is None or not has_media(speech.clip.path):
        raise Http404
    title = f"{speech.voice.full_name} – {speech.text[:40]}"
    return send_sound(call.request, speech.clip.path, speech.clip.content_type, title=title)


def _find_open(call: ApiCall[NoParams], synthesis_id: uuid.UUID) -> Synthesis:
    # Its voice's id would tell what a blind comparison hides.
    blind = Synthesis.objects.visible_to(call.user).in_blind_round()
    if blind.filter(pk=synthesis_id).exists():
        raise Http404
    return get_speech(call.user, synthesis_id)


def _describe(speech: Synthesis) -> SynthesisInfo:
    return SynthesisInfo(
        id=speech.pk,
        voice_id=speech.voice_id,
        text=speech.text,
        settings=speech.settings,
        state=speech.state,
        message=speech.message,
        characters=speech.characters,
        is_cached=speech.is_cached,
        seconds=speech.clip.seconds if speech.clip else None,
        audio_url=f"/api/v1/syntheses/{speech.pk}/audio" if speech.is_ready else None,
        requested_by=str(speech.requested_by),
        created_at=speech.created_at,
        ended_at=speech.ended_at,
    )
