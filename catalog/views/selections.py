"""Select many voices, then tag, collect, archive, delete, or export exactly those."""

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.annotations import TagForm
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.collections import CollectForm
from catalog.forms.selections import ChoiceForm
from catalog.forms.voices.filters import VoiceFilterForm, read_page
from catalog.models import Selection
from catalog.models.cleanups.rules import rules_of
from catalog.queries.annotations import find_tag_names
from catalog.queries.collections import find_changeable_collections, find_last_collection
from catalog.queries.credentials import find_accounts
from catalog.queries.selections import (
    find_selected_by_team,
    get_selection,
    get_selection_page,
    list_selected,
)
from catalog.queries.voices.export import EXPORT_COLUMNS, iterate_exported
from catalog.queries.voices.search import find_voice_ids
from catalog.services.annotations import tag_voices
from catalog.services.cleanups.plans import NothingToPlan, create_plan
from catalog.services.collections import collect_voices
from catalog.services.searches import MOST_SELECTED, TooManySelected, freeze_selection
from catalog.services.usage import record_export_later
from catalog.services.voices.edit import archive_voices, unarchive_voices
from catalog.views.base.downloads import send_rows
from catalog.views.base.requests import Request, go_back, signed_in
from catalog.views.collections.add import choose_collection


@signed_in
@require_safe
def voice_export(request: Request, form: str) -> HttpResponseBase:
    """Export all results of the filter in the URL, in their order."""
    wanted = VoiceFilterForm(request.GET).wanted
    return _send(request, find_voice_ids(request.user, wanted), form)


@signed_in
@require_POST
def selection_create(request: Request) -> HttpResponseBase:
    form = ChoiceForm(request.POST)
    ids = (
        find_voice_ids(request.user, form.wanted, is_exact=True) if form.is_all else form.voice_ids
    )
    back = f"{reverse('catalog:voice-list')}?{form.query}"
    if not ids:
        messages.error(request, "Select at least one voice.")
        return go_back(request, back)
    try:
        selection = freeze_selection(
            request.user, team=request.team, voice_ids=ids, now=timezone.now()
        )
    except TooManySelected:
        messages.error(request, f"Select at most {MOST_SELECTED:,} voices. Narrow the filter.")
        return go_back(request, back)
    return redirect("catalog:selection-detail", pk=selection.pk)


@signed_in
@require_safe
def selection_detail(request: Request, pk: int) -> HttpResponseBase:
    try:
        page = get_selection_page(request.user, pk, read_page(request.GET.get("page", "")))
    except Selection.DoesNotExist:
        raise Http404 from None
    team = request.team
    context = {
        "page": page,
        "tag_names": find_tag_names(request.user),
        "collections": find_changeable_collections(request.user),
        "last_collection": find_last_collection(request.user),
        "may_annotate": policies.may_annotate(request.user, team),
        "has_closed": any(not account.is_shared for account in find_accounts(request.user)),
        "may_archive": policies.may_archive_voices(request.user, team),
        "may_delete": policies.may_delete_voices(request.user, team),
        "most_planned": rules_of(team).most_per_run,
    }
    return render(request, "catalog/selections/detail.html", context)


@signed_in
@require_safe
def selection_export(request: Request, pk: int, form: str) -> HttpResponseBase:
    selection = _get(request, pk)
    record_export_later(request.user, selection=selection)
    return _send(request, list_selected(request.user, selection), form)


@signed_in
@require_POST
def selection_tag(request: Request, pk: int) -> HttpResponseBase:
    selection, form, now = _get(request, pk), TagForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, " ".join(str(words) for words in form.errors["tags"]))
        return redirect("catalog:selection-detail", pk=pk)
    names = form.cleaned_data["tags"]
    for team, voices in find_selected_by_team(request.user, selection).items():
        tag_voices(request.user, team=team, voices=voices, names=names, now=now)
    messages.success(request, f"Tagged with {', '.join(names)}.")
    return redirect("catalog:selection-detail", pk=pk)


@signed_in
@require_POST
def selection_collect(request: Request, pk: int) -> HttpResponseBase:
    selection, now = _get(request, pk), timezone.now()
    form = CollectForm(request.POST, collections=find_changeable_collections(request.user))
    if not form.is_valid():
        words = "Choose a collection, or enter a name for a new one."
        messages.error(request, complaint_about(form, words))
        return redirect("catalog:selection-detail", pk=pk)
    collection = choose_collection(request, form, now)
    teams = find_selected_by_team(request.user, selection)
    voices = {voice.pk: voice for each in teams.values() for voice in each}
    ordered = [voices[key] for key in selection.voice_ids if key in voices]
    added = collect_voices(request.user, collection=collection, voices=ordered, now=now)
    messages.success(request, f"{added} added to {collection.name}.")
    return redirect("catalog:collection-detail", pk=collection.pk)


@signed_in
@require_POST
def selection_archive(request: Request, pk: int) -> HttpResponseBase:
    selection, now, count = _get(request, pk), timezone.now(), 0
    for team, voices in find_selected_by_team(request.user, selection).items():
        archive_voices(request.user, team=team, voices=voices, now=now)
        count += len(voices)
    undo = reverse("catalog:selection-unarchive", args=[pk])
    messages.success(request, f"{count} archived.", extra_tags=undo)
    return redirect("catalog:selection-detail", pk=pk)


@signed_in
@require_POST
def selection_unarchive(request: Request, pk: int) -> HttpResponseBase:
    selection, now = _get(request, pk), timezone.now()
    for team, voices in find_selected_by_team(request.user, selection).items():
        unarchive_voices(request.user, team=team, voices=voices, now=now)
    messages.success(request, "They are back in the list.")
    return redirect("catalog:selection-detail", pk=pk)


@signed_in
@require_POST
def selection_delete(request: Request, pk: int) -> HttpResponseBase:
    """Draw up a plan for those that can be deleted; nothing is deleted until it is approved."""
    ids = list_selected(request.user, _get(request, pk))
    now = timezone.now()
    try:
        plan = create_plan(request.user, team=request.team, voice_ids=ids, now=now)
    except NothingToPlan:
        messages.error(request, "None of these voices can be deleted.")
        return redirect("catalog:selection-detail", pk=pk)
    return redirect("catalog:plan-detail", pk=plan.pk)


def _get(request: Request, pk: int) -> Selection:
    try:
        return get_selection(request.user, pk)
    except Selection.DoesNotExist:
        raise Http404 from None


def _send(request: Request, voice_ids: list[int], form: str) -> HttpResponseBase:
    rows = iterate_exported(request.user, voice_ids)
    name = f"voices-{timezone.now():%Y-%m-%d}"
    return send_rows(rows, EXPORT_COLUMNS, name=name, form=form)
