"""Compare voices: choose them, hear them speak the same text, and vote."""

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
from catalog.forms.comparisons import BallotForm, ComparisonForm, read_voice_ids
from catalog.models import Comparison, Voice
from catalog.models.comparisons import MOST_TEXTS, MOST_VOICES
from catalog.queries.budgets import find_speech_limit
from catalog.queries.comparisons import (
    ComparisonPage,
    CostSheet,
    estimate_comparison,
    find_closed_comparison,
    find_comparisons,
    find_tray,
    get_comparison_page,
    get_round,
)
from catalog.queries.shares import find_shares_of
from catalog.queries.speakers import find_voice_obstacles
from catalog.queries.syntheses.sample_texts import find_sentences
from catalog.queries.teams import get_team_policy
from catalog.queries.voices.audience import find_audience
from catalog.queries.voices.references import follow_replacements
from catalog.services.comparisons import (
    CannotCompare,
    ComparisonRequest,
    cancel_comparison,
    cast_vote,
    close_votes,
    request_comparison,
)
from catalog.views.base.media import send_sound
from catalog.views.base.requests import Request, is_partial, own_teams, render_part, signed_in
from catalog.views.comparisons.tray import drop_from_tray, empty_tray, read_tray
from catalog.views.errors import NotOpen


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_create(request: Request) -> HttpResponseBase:
    if request.method != "POST":
        voices = find_tray(request.user, _asked_voices(request) or read_tray(request))
        sentence = find_sentences(voices[0].language if voices else "en")[0]
        form = ComparisonForm(voices=voices, initial={"votes_wanted": 1})
        texts = request.GET.getlist("text") or [sentence]
        form.initial.update(zip(form.text_names, texts, strict=False))
        return _show_form(request, form, voices)
    if not policies.may_speak(request.user, request.team):
        raise PermissionDenied
    voices = find_tray(request.user, read_voice_ids(request.POST.getlist("voice")))
    form = ComparisonForm(request.POST, voices=voices)
    if form.is_valid():
        values = form.cleaned_data
        params = ComparisonRequest(
            voices=voices,
            texts=values["texts"],
            is_blind=values["is_blind"],
            votes_wanted=values["votes_wanted"],
            agreed=values["agreed"] or 0,
        )
        try:
            made = request_comparison(request.user, params=params, now=timezone.now())
        except CannotCompare as exc:
            form.add_error(None, str(exc))
        else:
            empty_tray(request, voices)
            return redirect("catalog:comparison-detail", pk=made.pk)
    return _show_form(request, form, voices, status=422)


@signed_in
@require_POST
def comparison_estimate(request: Request) -> HttpResponseBase:
    """Show the cost for each voice and in total; nothing is stored or charged.

    A voice that is removed from the form leaves the tray too.
    """
    if not policies.may_speak(request.user, request.team):
        raise PermissionDenied
    removed = read_voice_ids(request.POST.getlist("without"))
    drop_from_tray(request, removed)
    chosen = read_voice_ids(request.POST.getlist("voice"))
    voices = find_tray(request.user, [pk for pk in chosen if pk not in removed])
    form = ComparisonForm(request.POST, voices=voices)
    status = 200 if form.is_valid() else 422
    if is_partial(request) and not removed:
        context = _form_context(request, form, voices)
        return render(request, "catalog/comparisons/_cost.html", context)
    return _show_form(request, form, voices, status=status)


def _asked_voices(request: Request) -> list[int]:
    asked = read_voice_ids(request.GET.get("v", "").split(","))[:MOST_VOICES]
    # A new round of an old comparison takes the voices that replaced its own.
    return follow_replacements(asked) if request.GET.get("again") else asked


def _form_context(request: Request, form: ComparisonForm, voices: list[Voice]) -> dict[str, Any]:
    texts = [str(form[name].value() or "") for name in form.text_names]
    if form.is_bound and form.is_valid():
        texts = form.cleaned_data["texts"]
    policy = get_team_policy(request.team)
    forbidden = {voice.pk: policy.forbid_voice(voice.info, voice.language) for voice in voices}
    obstacles = {pk: words for pk, words in forbidden.items() if words}
    obstacles |= find_voice_obstacles(voices, timezone.now().date())
    can_all = all(voice.can_speak for voice in voices) and not obstacles
    costs = _estimate(voices, texts) if len(voices) > 1 and can_all else None
    limit = find_speech_limit(request.user, request.team, timezone.now())
    return {
        "comparison": None,
        "form": form,
        "voices": voices,
        "mute": [voice for voice in voices if not voice.can_speak],
        "forbidden": [(voice, obstacles[voice.pk]) for voice in voices if voice.pk in obstacles],
        "costs": costs,
        "limit": limit,
        "limit_refusal": limit.refuse(costs.spends) if limit and costs else "",
        "most_voices": MOST_VOICES,
        "most_texts": MOST_TEXTS,
        "may_speak": policies.may_speak(request.user, request.team),
        "audience": find_audience(request.user, request.team, voices),
    }


def _estimate(voices: list[Voice], texts: list[str]) -> CostSheet:
    return estimate_comparison(voices, [text for text in texts if text.strip()])


def _show_form(
    request: Request, form: ComparisonForm, voices: list[Voice], *, status: int = 200
) -> HttpResponseBase:
    context = {
        **_form_context(request, form, voices),
        "comparisons": find_comparisons(request.user),
    }
    return render(request, "catalog/comparisons/create.html", context, status=status)


@signed_in
@require_safe
def comparison_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    found = _get_page(request, pk)
    if found.comparison.pk != pk:
        place = next(at for at, each in enumerate(found.rounds, 1) if each.comparison.pk == pk)
        address = reverse("catalog:comparison-detail", args=[found.comparison.pk])
        return redirect(f"{address}#text-{place}")
    return _show_page(request, found)


def _show_page(request: Request, found: ComparisonPage) -> HttpResponseBase:
    comparison = found.comparison
    context = {
        "page": found,
        "comparison": comparison,
        "may_speak": policies.may_speak(request.user, comparison.team),
        "may_vote": policies.may_vote(request.user, comparison.team),
        "share_count": find_shares_of(comparison),
        "may_close": policies.may_close_votes(request.user, comparison),
        "audience": find_audience(request.user, comparison.team, found.voices),
    }
    page, part = "catalog/comparisons/detail.html", "catalog/comparisons/_rounds.html"
    return render_part(request, page=page, part=part, context=context)


@signed_in
@require_safe
def comparison_audio(request: Request, pk: uuid.UUID, place: int) -> HttpResponseBase:
    """Send a clip by its place, because its voice's id would spoil a blind vote."""
    try:
        lines = get_round(request.user, pk).lines
    except Comparison.DoesNotExist:
        raise Http404 from None
    line = next((line for line in lines if line.entry.place == place), None)
    if line is None or not line.is_ready:
        raise Http404
    path, content_type = line.sound
    if not has_media(path):
        words = "This clip was removed. Start a new comparison to generate it again."
        return HttpResponse(words, status=404, content_type="text/plain; charset=utf-8")
    title = line.entry.label if line.is_hidden else line.entry.voice.full_name
    return send_sound(request, path, content_type, title=f"{title} – comparison")


@signed_in
@require_POST
def comparison_cancel(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    comparison = _get_comparison(request, pk)
    stopped = cancel_comparison(request.user, comparison=comparison, now=timezone.now())
    if not stopped:
        messages.info(request, "All texts were already sent, so nothing could be canceled.")
    return _go_on(request, pk)


@signed_in
@require_POST
def comparison_vote(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    comparison = _get_comparison(request, pk)
    form = BallotForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the voices.")
        return _go_on(request, pk)
    try:
        cast_vote(
            request.user,
            comparison=comparison,
            place=form.cleaned_data["place"],
            now=timezone.now(),
        )
    except CannotCompare as exc:
        messages.error(request, str(exc))
    return _go_on(request, pk)


@signed_in
@require_POST
def votes_close(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    comparison = _get_comparison(request, pk)
    close_votes(request.user, comparison=comparison, now=timezone.now())
    return _go_on(request, pk)


def _go_on(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    if is_partial(request):
        return _show_page(request, _get_page(request, pk))
    return redirect("catalog:comparison-detail", pk=pk)


def _get_comparison(request: Request, pk: uuid.UUID) -> Comparison:
    rows = Comparison.objects.visible_to(request.user).select_related("team")
    return get_object_or_404(rows, pk=pk)


def _get_page(request: Request, pk: uuid.UUID) -> ComparisonPage:
    try:
        return get_comparison_page(request.user, pk)
    except Comparison.DoesNotExist:
        raise _explain_closed(request, pk) from None


def _explain_closed(request: Request, pk: uuid.UUID) -> Http404:
    """Return the error that says whom to ask, to people of the comparison's team."""
    found = find_closed_comparison(pk, own_teams(request))
    if found is None:
        return Http404()
    if found.team_id != request.team.pk:
        return NotOpen.in_other_team(found.team)
    words = "Some of its voices are in accounts that aren't shared with you."
    if found.made_by_id != request.user.pk:
        words = f"{words} Ask {found.made_by}, who started it."
    return NotOpen("You can't open this comparison", words)
