"""The list of voices, one voice, and its preview."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.syntheses import SpeechForm, first_text
from catalog.forms.voices.filters import RelabelForm, RenameForm, VoiceFilterForm
from catalog.models import Voice
from catalog.queries.clones import find_maker, find_sister_jobs
from catalog.queries.comparisons import find_voice_rounds
from catalog.queries.evacuations.ends import find_voice_end
from catalog.queries.evacuations.plans import find_open_evacuation, find_successor
from catalog.queries.preferences import count_news, find_open_search
from catalog.queries.searches.filters import LAYOUTS, VoiceFilter
from catalog.queries.speakers import find_consent_end
from catalog.queries.syntheses.code_snippets import find_ready_calls
from catalog.queries.teams import find_team_of_voice
from catalog.queries.voices.history import find_history
from catalog.queries.voices.references import find_references
from catalog.queries.voices.search import find_voices, get_list_context
from catalog.queries.voices.settings import get_voice_settings
from catalog.queries.voices.table import name_columns, tabulate_voices
from catalog.queries.voices.twins import find_twins
from catalog.queries.voices.verification import show_verification
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview
from catalog.services.usage import note_play
from catalog.services.voices.edit import (
    archive_voices,
    relabel_voice,
    rename_voice,
    unarchive_voices,
)
from catalog.views.annotations import marks_context
from catalog.views.base.media import send_sound
from catalog.views.base.requests import (
    Request,
    is_partial,
    own_teams,
    render_part,
    shown_address,
    signed_in,
)
from catalog.views.cleanups.keep import keeping_context
from catalog.views.comparisons.tray import read_tray
from catalog.views.errors import NotOpen
from catalog.views.syntheses import speech_context
from catalog.views.voices.cards import draw_cards
from catalog.views.voices.etags import make_list_etag

_PLAIN = "text/plain; charset=utf-8"


@require_safe
def home(request: Request) -> HttpResponse:
    return redirect("catalog:voice-list")


@signed_in
@require_safe
@cache_control(private=True, no_cache=True)
def voice_list(request: Request) -> HttpResponseBase:
    around, tray = get_list_context(request.user, request.team), read_tray(request)
    habits, accounts = around.habits, list(around.accounts.values())
    form = VoiceFilterForm(request.GET, habits.sort, habits.layout)
    etag = make_list_etag(request, around.version, form.wanted, tray)
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    opened = find_open_search(around.searches, form.wanted)
    page = find_voices(request.user, form.wanted, form.page_number, around)
    is_table = form.wanted.layout == "table"
    columns = habits.columns if is_table else []
    response = render_part(
        request,
        page="catalog/voices/list.html",
        part="catalog/voices/_swap.html",
        context={
            "page": page,
            "tray_ids": tray,
            "may_speak": around.may_speak,
            "is_table": is_table,
            "cards": "" if is_table else draw_cards(page, tray),
            "marks": page.marks if is_table else None,
            "rows": tabulate_voices(page.voices, page.marks, columns) if is_table else [],
            "heads": name_columns(columns) if is_table else [],
            "ignored": form.ignored,
            "habits": habits,
            "searches": around.searches,
            "opened": opened,
            "changeable": opened and policies.may_change_search(request.user, opened.search),
            "news_count": 0 if is_partial(request) else count_news(request.user, habits.news_since),
            "sorts": form.wanted.sorts,
            "layouts": LAYOUTS,
            "accounts": accounts,
            "is_fetching": any(not (each.synced_at or each.sync_error) for each in accounts),
            "filter_count": sum(len(values) for values in form.wanted.chosen.values()),
        },
    )
    if is_partial(request):
        # Typing a search adds one history entry, not one per letter.
        header = "HX-Replace-Url" if _only_words_changed(request, form.wanted) else "HX-Push-Url"
        response[header] = request.path + form.wanted.query_string()
    if etag is not None:
        response["ETag"] = etag
    return response


def _only_words_changed(request: Request, wanted: VoiceFilter) -> bool:
    query = shown_address(request).query
    if "q=" not in query:
        return False
    before = VoiceFilterForm(QueryDict(query)).wanted
    same = (before.chosen, before.sort, before.layout) == (
        wanted.chosen,
        wanted.sort,
        wanted.layout,
    )
    return same and bool(before.words)


@signed_in
@require_safe
def voice_detail(request: Request, pk: int) -> HttpResponseBase:
    rows = Voice.objects.visible_to(request.user).select_related(
        "account__team", "clip", "responsible", "use"
    )
    voice = rows.prefetch_related("labels").filter(pk=pk).first()
    if voice is None:
        team = find_team_of_voice(request.user, pk, own_teams(request))
        raise NotOpen.in_other_team(team) if team else Http404
    job, today = find_maker(request.user, voice), timezone.now().date()
    context = {
        **marks_context(request, voice),
        **keeping_context(request, voice),
        "job": job,
        "sisters": find_sister_jobs(request.user, job) if job else [],
        "verification": show_verification(voice, timezone.now()),
        "consent_end": find_consent_end(job.batch.speaker_id, today) if job else None,
        "calls": find_ready_calls(voice),
        "may_delete": policies.may_delete_voices(request.user, voice.account.team),
        "may_archive": policies.may_archive_voices(request.user, voice.account.team),
        "may_rename": policies.may_rename(request.user, voice.account.team),
        "may_tune": policies.may_tune(request.user, voice.account.team),
        "label_form": RelabelForm(voice=voice),
        "settings": get_voice_settings(voice),
        "problems": [],
        "rounds": find_voice_rounds(request.user, voice),
        "twins": find_twins(request.user, voice),
        "references": find_references(request.user, voice, timezone.now()),
        "history": find_history(request.user, voice),
        "evacuation": find_open_evacuation(request.user, voice),
        "end": find_voice_end(voice, timezone.now()),
        "successor": find_successor(request.user, voice),
        "may_read_log": policies.may_read_log(request.user, voice.account.team),
        **speech_context(request, voice, SpeechForm(voice=voice, initial=first_text(voice))),
    }
    return render(request, "catalog/voices/detail.html", context)


@signed_in
@require_safe
def voice_preview(request: Request, pk: int) -> HttpResponseBase:
    """Send the preview, fetching it from the provider on first use."""
    rows = Voice.objects.visible_to(request.user).select_related("account")
    voice = get_object_or_404(rows, pk=pk)
    try:
        clip = fetch_preview(request.user, voice=voice, now=timezone.now())
    except PreviewUnavailable as exc:
        return HttpResponse(str(exc), status=404, content_type=_PLAIN)
    except PreviewPending as exc:
        waiting = {"Retry-After": "1", "Cache-Control": "no-store"}
        return HttpResponse(str(exc), status=202, content_type=_PLAIN, headers=waiting)
    return send_sound(request, clip.path, clip.content_type, title=voice.full_name)


@signed_in
@require_POST
def voice_played(request: Request, pk: int) -> HttpResponseBase:
    """Record that the player started the preview."""
    note_play(request.user, voice=_get_voice(request, pk), now=timezone.now())
    return HttpResponse(status=204)


@signed_in
@require_POST
def voice_rename(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    if not policies.may_rename(request.user, voice.account.team):
        raise PermissionDenied
    form = RenameForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["name"]))
        return redirect("catalog:voice-detail", pk=pk)
    rename_voice(request.user, voice=voice, name=form.cleaned_data["name"], now=timezone.now())
    return redirect("catalog:voice-detail", pk=pk)


@signed_in
@require_POST
def voice_relabel(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    if not policies.may_rename(request.user, voice.account.team):
        raise PermissionDenied
    form = RelabelForm(request.POST, voice=voice)
    if form.is_valid():
        relabel_voice(request.user, voice=voice, labels=form.cleaned_data, now=timezone.now())
    else:
        words = "Some of these labels aren't valid for a voice."
        messages.error(request, complaint_about(form, words))
    return redirect("catalog:voice-detail", pk=pk)


@signed_in
@require_POST
def voice_archive(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    team = voice.account.team
    archive_voices(request.user, team=team, voices=[voice], now=timezone.now())
    undo = reverse("catalog:voice-unarchive", args=[pk])
    messages.success(request, f"{voice.shown_name} archived.", extra_tags=undo)
    return redirect("catalog:voice-detail", pk=pk)


@signed_in
@require_POST
def voice_unarchive(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    team = voice.account.team
    unarchive_voices(request.user, team=team, voices=[voice], now=timezone.now())
    messages.success(request, f"{voice.shown_name} is back in the list.")
    return redirect("catalog:voice-detail", pk=pk)


def _get_voice(request: Request, pk: int) -> Voice:
    return get_object_or_404(
        Voice.objects.visible_to(request.user).select_related("account__team"), pk=pk
    )
