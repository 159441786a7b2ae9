"""Generate speech with a voice: the cost, the progress, and the clips."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.core.media import has_media
from catalog.forms.syntheses import SpeechForm
from catalog.models import Synthesis, Voice
from catalog.queries.annotations import find_voice_marks
from catalog.queries.budgets import find_speech_limit
from catalog.queries.speakers import find_voice_obstacle
from catalog.queries.syntheses.history import (
    Estimate,
    estimate_speech,
    find_speeches,
    get_speech,
    is_being_scored,
    preview_sentence,
)
from catalog.queries.syntheses.sample_texts import find_sentences, sentence_language
from catalog.queries.teams import get_team_policy
from catalog.services.syntheses import (
    CannotRemove,
    CannotSynthesize,
    cancel_speech,
    remove_speech,
    request_preview,
    request_speech,
)
from catalog.views.base.media import send_sound
from catalog.views.base.requests import Request, is_partial, signed_in

_PANEL, _LIST = "catalog/syntheses/_try.html", "catalog/syntheses/_list.html"


def speech_context(request: Request, voice: Voice, form: SpeechForm) -> dict[str, Any]:
    """Return the context of the speech panel on a voice's page."""
    speeches = find_speeches(request.user, voice)
    team, now = voice.account.team, timezone.now()
    return {
        "voice": voice,
        "speech_form": form,
        **_find_cost(request, voice, form),
        "obstacle": find_voice_obstacle(voice, now.date())
        or get_team_policy(team).forbid_voice(voice.info, voice.language),
        "sentences": find_sentences(voice.language),
        "sentence_language": sentence_language(voice.language),
        "speeches": speeches,
        "is_speaking": any(not speech.is_finished for speech in speeches)
        or is_being_scored(voice, timezone.now()),
        "is_generating": any(row.is_preview and not row.is_finished for row in speeches),
        "may_speak": policies.may_speak(request.user, voice.account.team),
        "removes_all": policies.may_remove_all_speeches(request.user, voice.account.team),
        "redraws_head": False,
        "is_estimate": False,
    }


def _find_cost(request: Request, voice: Voice, form: SpeechForm) -> dict[str, Any]:
    """Return what the text would cost, and whether a limit forbids it or the generated preview."""
    limit, estimate, preview_refusal = None, _estimate(voice, form), ""
    if not voice.info.speaks_free:
        limit = find_speech_limit(request.user, voice.account.team, timezone.now())
    if limit and voice.can_speak and not voice.can_play:
        preview_refusal = limit.refuse(estimate_speech(voice, preview_sentence(voice)).spends)
    return {
        "estimate": estimate,
        "limit": limit,
        "limit_refusal": limit.refuse(estimate.spends if estimate else 1) if limit else "",
        "preview_refusal": preview_refusal,
        "is_partial": is_partial(request),
    }


def _estimate(voice: Voice, form: SpeechForm) -> Estimate | None:
    text = str(form["text"].value() or "")
    if not voice.can_speak or not text or "text" in form.errors:
        return None
    if form.is_bound:
        return estimate_speech(voice, form.cleaned_data["text"], form.settings)
    return estimate_speech(voice, text)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def voice_syntheses(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    if request.method == "POST":
        return _speak(request, voice)
    if not is_partial(request):
        return redirect("catalog:voice-detail", pk=pk)
    context = speech_context(request, voice, SpeechForm(voice=voice))
    if voice.is_preview_generated:
        # The header shows what can be played, which may have changed since the last poll.
        context |= {"redraws_head": True, "marks": find_voice_marks(request.user, voice)}
    return render(request, _LIST, context)


def _speak(request: Request, voice: Voice) -> HttpResponseBase:
    form = _read_form(request, voice)
    status = 200
    if form.is_valid():
        params = {"text": form.cleaned_data["text"], "settings": form.settings}
        try:
            request_speech(request.user, voice=voice, now=timezone.now(), **params)
        except CannotSynthesize as exc:
            form.add_error(None, str(exc))
    if form.errors:
        status = 422
    elif not is_partial(request):
        return redirect(_panel_address(voice))
    return _show_panel(request, voice, form, status)


@signed_in
@require_POST
def synthesis_estimate(request: Request, pk: int) -> HttpResponseBase:
    """Show what the text would cost; nothing is stored or charged."""
    voice = _get_voice(request, pk)
    form = _read_form(request, voice)
    if is_partial(request):
        context = speech_context(request, voice, form) | {"is_estimate": True}
        return render(request, "catalog/syntheses/_estimate.html", context)
    return _show_panel(request, voice, form, 200 if form.is_valid() else 422)


def _read_form(request: Request, voice: Voice) -> SpeechForm:
    if not policies.may_speak(request.user, voice.account.team):
        raise PermissionDenied
    return SpeechForm(request.POST, voice=voice)


def _show_panel(request: Request, voice: Voice, form: SpeechForm, status: int) -> HttpResponseBase:
    template = _PANEL if is_partial(request) else "catalog/syntheses/try.html"
    return render(request, template, speech_context(request, voice, form), status=status)


@signed_in
@require_POST
def preview_generate(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    try:
        request_preview(request.user, voice=voice, now=timezone.now())
    except CannotSynthesize as exc:
        messages.error(request, str(exc))
    return redirect("catalog:voice-detail", pk=pk)


@signed_in
@require_safe
def synthesis_audio(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    speech = _get_speech(request, pk)
    if speech.clip is None:
        raise Http404
    if not has_media(speech.clip.path):
        words = "This clip was removed. Generate it again."
        return HttpResponse(words, status=404, content_type="text/plain; charset=utf-8")
    return send_sound(
        request,
        speech.clip.path,
        speech.clip.content_type,
        title=f"{speech.voice.full_name} – {speech.text[:40]}",
    )


@signed_in
@require_POST
def synthesis_cancel(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    speech = _get_speech(request, pk)
    if not cancel_speech(request.user, speech=speech, now=timezone.now()):
        words = f"The text was already sent to {speech.voice.info.label} and can't be canceled."
        messages.info(request, words)
    return _show_list(request, speech.voice)


@signed_in
@require_POST
def synthesis_remove(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    speech = _get_speech(request, pk)
    try:
        remove_speech(request.user, speech=speech, now=timezone.now())
    except CannotRemove as exc:
        messages.error(request, str(exc))
    return _show_list(request, speech.voice)


def _show_list(request: Request, voice: Voice) -> HttpResponseBase:
    if not is_partial(request):
        return redirect(_panel_address(voice))
    return render(request, _LIST, speech_context(request, voice, SpeechForm(voice=voice)))


def _panel_address(voice: Voice) -> str:
    return f"{reverse('catalog:voice-detail', args=[voice.pk])}#try"


def _get_voice(request: Request, pk: int) -> Voice:
    rows = Voice.objects.visible_to(request.user).select_related("account__team", "clip")
    return get_object_or_404(rows, pk=pk)


def _get_speech(request: Request, pk: uuid.UUID) -> Synthesis:
    try:
        return get_speech(request.user, pk)
    except Synthesis.DoesNotExist:
        raise Http404 from None
