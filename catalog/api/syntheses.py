"""Syntheses: texts that a voice spoke, and their sound."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase

from catalog import policies
from catalog.api.bodies import Body, clean_form
from catalog.api.endpoints import Answer, ApiCall, CreatedAnswer, endpoint
from catalog.api.pages import cut_by_time
from catalog.api.parameters import Id, NoParams, PageParams, ParametersRefused
from catalog.api.voices import SOUNDS, find_seen_voice
from catalog.core.media import has_media
from catalog.forms.syntheses import SpeechForm
from catalog.models import Synthesis, Voice
from catalog.models.tokens import Scope
from catalog.queries.syntheses.history import estimate_speech, get_speech
from catalog.services.syntheses import CannotSynthesize, cancel_speech, request_speech
from catalog.views.base.media import send_sound
from catalog.views.base.problems import ProblemError, RequestRefused

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


class SpeechBody(Body):
    """A text, the voice that speaks it, and settings of the voice's provider, by name."""

    voice_id: Id
    text: Annotated[str, msgspec.Meta(min_length=1)]
    settings: dict[str, str | float | bool] = {}


class EstimateInfo(Answer):
    """What a text would cost. ``credits`` is null if the provider doesn't publish prices."""

    characters: int
    credits: int | None
    is_free: bool
    is_cached: bool


@endpoint(
    "POST", "syntheses/estimate", tag=_TAG, scope=Scope.SPEAK, answer=EstimateInfo, body=SpeechBody
)
def estimate_synthesis(call: ApiCall[NoParams]) -> EstimateInfo:
    """Estimate what a text would cost; nothing is stored or charged."""
    voice, form = _read_text(call)
    found = estimate_speech(voice, form.cleaned_data["text"], form.settings)
    return EstimateInfo(
        characters=found.characters,
        credits=found.credits,
        is_free=found.is_free,
        is_cached=found.is_cached,
    )


@endpoint(
    "POST",
    "syntheses",
    tag=_TAG,
    scope=Scope.SPEAK,
    answer=SynthesisInfo,
    body=SpeechBody,
    statuses=(202, 200),
    problems=("cannot-speak",),
)
def create_synthesis(call: ApiCall[NoParams]) -> CreatedAnswer:
    """Have a voice speak a text: 202, and its address in Location. 200 if it was spoken before."""
    voice, form = _read_text(call)
    text, settings = form.cleaned_data["text"], form.settings
    try:
        speech = request_speech(call.user, voice=voice, text=text, settings=settings, now=call.now)
    except CannotSynthesize as exc:
        raise RequestRefused("cannot-speak", str(exc)) from None
    status = 200 if speech.is_finished else 202
    return CreatedAnswer(_describe(speech), f"/api/v1/syntheses/{speech.pk}", status)


@endpoint(
    "DELETE",
    "syntheses/<uuid:synthesis_id>",
    tag=_TAG,
    scope=Scope.SPEAK,
    answer=None,
    problems=("already-sent",),
)
def delete_synthesis(call: ApiCall[NoParams], synthesis_id: uuid.UUID) -> HttpResponse:
    """Cancel a synthesis that wasn't sent to the provider yet."""
    speech = _find_open(call, synthesis_id)
    if not policies.may_remove_speech(call.user, speech):
        raise PermissionDenied
    if not cancel_speech(call.user, speech=speech, now=call.now):
        raise RequestRefused("already-sent")
    return HttpResponse(status=204)


def _read_text(call: ApiCall[NoParams]) -> tuple[Voice, SpeechForm]:
    """Return the voice and the page's form, filled in; raises ParametersRefused."""
    body = call.body
    try:
        voice = find_seen_voice(call, body.voice_id)
    except Http404:
        words = "There is no such voice, or you can't see it."
        raise ParametersRefused(ProblemError("/voice_id", words)) from None
    known = {field.name for field in voice.speech_fields}
    if unknown := sorted(set(body.settings) - known):
        words = f"Expected only: {', '.join(sorted(known)) or 'none'}."
        raise ParametersRefused(ProblemError(f"/settings/{unknown[0][:60]}", words))
    values = {f"set_{name}": value for name, value in body.settings.items()}
    form = SpeechForm({"text": body.text, "has_settings": bool(values), **values}, voice=voice)
    clean_form(form)
    return voice, form


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
