"""Find voices that sound like a voice or an uploaded clip."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.audio.analysis import analysis_is_installed
from catalog.audio.embeddings.nearest_neighbors import unpack_vector
from catalog.forms.samples.reading_texts import READINGS
from catalog.forms.similarity import SoundQueryForm
from catalog.forms.voices.filters import VoiceFilterForm
from catalog.jobs.previews import are_previews_wanted, find_preview_problem
from catalog.models import ProviderAccount, SoundQuery, Voice
from catalog.queries.annotations import find_marks
from catalog.queries.similarity import find_analysis_progress, find_similar, get_vector
from catalog.queries.voices.search import list_chips
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview
from catalog.services.similarity import analyze_now, start_similarity_search
from catalog.tasks import enqueue_analysis, enqueue_analysis_once
from catalog.views.base.requests import Request, go_back, is_partial, render_part, signed_in


@signed_in
@require_safe
def voice_similar(request: Request, pk: int) -> HttpResponseBase:
    rows = Voice.objects.visible_to(request.user).select_related("account", "clip")
    voice = get_object_or_404(rows, pk=pk)
    vector, has_clip = get_vector(voice), hasattr(voice, "clip")
    problem = "" if has_clip else find_preview_problem(voice)
    context: dict[str, Any] = {
        "voice": voice,
        "is_unheard": vector is None,
        "is_mute": vector == b"",
        "is_waiting": vector is None and (has_clip or ("wait" in request.GET and not problem)),
        "problem": problem,
        "filters": VoiceFilterForm(request.GET).wanted.query_string(),
        **_show_progress(request),
    }
    if vector:
        context |= _compare(request, vector, besides=voice.pk)
    elif vector is None and has_clip:
        # It would be analyzed anyway, but only after all clips that nobody is waiting for.
        enqueue_analysis_once(f"clip:{voice.clip.pk}")
    return render_part(
        request,
        page="catalog/similarity/voice.html",
        part="catalog/similarity/_voice.html",
        context=context,
    )


@signed_in
@require_POST
def voice_listen(request: Request, pk: int) -> HttpResponseBase:
    """Fetch the preview as if it were played, and have a worker analyze it."""
    rows = Voice.objects.visible_to(request.user).select_related("account")
    voice = get_object_or_404(rows, pk=pk)
    filters = VoiceFilterForm(request.GET).wanted.query_string()
    page = f"{reverse('catalog:voice-similar', args=[pk])}{filters}"
    try:
        clip = fetch_preview(request.user, voice=voice, now=timezone.now())
    except PreviewPending as exc:
        messages.info(request, str(exc))
        # The worker that fetches the clip also queues its analysis.
        return redirect(f"{page}{'&' if filters else '?'}wait=1")
    except PreviewUnavailable as exc:
        messages.error(request, str(exc))
        return redirect(page)
    enqueue_analysis(f"clip:{clip.pk}")
    return redirect(page)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def similar_create(request: Request) -> HttpResponseBase:
    form = SoundQueryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and form.audio_format:
        query = start_similarity_search(
            request.user,
            team=request.team,
            file=form.cleaned_data["clip"],
            audio_format=form.audio_format,
            now=timezone.now(),
        )
        found = reverse("catalog:similar-detail", args=[query.pk])
        return redirect(f"{found}{VoiceFilterForm(request.GET).wanted.query_string()}")
    context = {
        "form": form,
        "chips": list_chips(request.user, VoiceFilterForm(request.GET).wanted),
        "readings": READINGS,
        "max_bytes": settings.SAMPLE_MAX_BYTES,
        **_show_progress(request),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "catalog/similarity/create.html", context, status=status)


@signed_in
@require_safe
def similar_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    query = SoundQuery.objects.visible_to(request.user).filter(pk=pk).first()
    if query is None:
        raise Http404
    context: dict[str, Any] = {"query": query, **_show_progress(request)}
    if query.is_analyzed:
        context |= _compare(request, bytes(query.vector))
    return render_part(
        request,
        page="catalog/similarity/detail.html",
        part="catalog/similarity/_clip.html",
        context=context,
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def analysis_detail(request: Request) -> HttpResponseBase:
    """Render how far the analysis of previews is, or have all of it done now."""
    if request.method == "POST":
        analyze_now(request.user, team=request.team)
        if not is_partial(request):
            return go_back(request, reverse("catalog:similar-create"))
    elif not is_partial(request):
        return redirect("catalog:similar-create")
    return render(request, "catalog/similarity/_progress.html", _show_progress(request))


def _show_progress(request: Request) -> dict[str, Any]:
    accounts = ProviderAccount.objects.visible_to(request.user).values_list("pk", flat=True)
    return {
        "progress": find_analysis_progress(request.user, timezone.now()),
        "is_hurried": are_previews_wanted(accounts),
        "is_installed": analysis_is_installed(),
    }


def _compare(request: Request, vector: bytes, *, besides: int | None = None) -> dict[str, Any]:
    wanted = VoiceFilterForm(request.GET).wanted
    page = find_similar(request.user, wanted, unpack_vector(vector), besides=besides)
    return {
        "page": page,
        "marks": find_marks(request.user, [voice.pk for voice in page.voices]),
        "likenesses": page.likenesses,
    }
