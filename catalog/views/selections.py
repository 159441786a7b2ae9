"""Select many voices, then change, collect, compare, delete, or export exactly those."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.core.locales import say_number
from catalog.forms.annotations import RatingForm, TagForm
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.cleanups import ProtectionForm
from catalog.forms.collections import CollectForm
from catalog.forms.selections import BulkLabelForm, ChoiceForm
from catalog.forms.teams import OwnerForm
from catalog.forms.voices.filters import VoiceFilterForm, read_page
from catalog.models import Protection, Selection
from catalog.models.cleanups.rules import rules_of
from catalog.models.comparisons import MOST_VOICES
from catalog.queries.annotations import find_tag_names
from catalog.queries.collections import find_changeable_collections, find_last_collection
from catalog.queries.credentials import find_accounts
from catalog.queries.selections import (
    can_undo,
    find_selected_by_team,
    get_selection,
    get_selection_page,
    list_selected,
)
from catalog.queries.teams import find_possible_owners
from catalog.queries.voices.export import EXPORT_COLUMNS, iterate_exported
from catalog.queries.voices.search import find_voice_ids
from catalog.services.cleanups.plans import NothingToPlan, create_plan
from catalog.services.collections import collect_voices
from catalog.services.searches import MOST_SELECTED, TooManySelected, freeze_selection
from catalog.services.selections import (
    MOST_CHANGED,
    NothingToUndo,
    TooManyToChange,
    archive_selected,
    assign_selected,
    protect_selected,
    rate_selected,
    relabel_selected,
    tag_selected,
    unarchive_selected,
    undo_selected,
    unprotect_selected,
    untag_selected,
)
from catalog.services.usage import record_export_later
from catalog.views.base.downloads import send_rows
from catalog.views.base.requests import Request, go_back, signed_in
from catalog.views.collections.add import choose_collection
from catalog.views.comparisons.tray import add_to_tray


@signed_in
@require_safe
def voice_export(request: Request, form: str) -> HttpResponseBase:
    """Export all results of the filter in the URL, in their order."""
    wanted = VoiceFilterForm(request.GET).wanted
    return _send(request, lambda: find_voice_ids(request.user, wanted), form)


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
        messages.error(
            request, f"Select at most {say_number(MOST_SELECTED)} voices. Narrow the filter."
        )
        return go_back(request, back)
    return redirect("catalog:selection-detail", pk=selection.pk)


@signed_in
@require_safe
def selection_detail(request: Request, pk: int) -> HttpResponseBase:
    try:
        page = get_selection_page(request.user, pk, read_page(request.GET.get("page", "")))
    except Selection.DoesNotExist:
        raise Http404 from None
    team, may_assign = request.team, policies.may_change_owner(request.user, request.team)
    context = {
        "page": page,
        "label_form": BulkLabelForm(),
        "may_pin": policies.may_protect_voice(request.user, team, Protection.Kind.PIN),
        "may_hold": policies.may_protect_voice(request.user, team, Protection.Kind.HOLD),
        "may_rename": policies.may_rename(request.user, team),
        "may_speak": policies.may_speak(request.user, team),
        "most_compared": MOST_VOICES,
        "owners": find_possible_owners(team) if may_assign else [],
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

    def find_ids() -> list[int]:
        record_export_later(request.user, selection=selection)
        return list_selected(request.user, selection)

    return _send(request, find_ids, form)


@signed_in
@require_POST
def selection_tag(request: Request, pk: int) -> HttpResponseBase:
    form = TagForm(request.POST)
    return _change(request, pk, tag_selected, form, lambda: form.cleaned_data)


@signed_in
@require_POST
def selection_untag(request: Request, pk: int) -> HttpResponseBase:
    form = TagForm(request.POST)
    return _change(request, pk, untag_selected, form, lambda: form.cleaned_data)


@signed_in
@require_POST
def selection_rate(request: Request, pk: int) -> HttpResponseBase:
    form = RatingForm(request.POST)
    return _change(
        request, pk, rate_selected, form, lambda: {"value": form.cleaned_data["value"] or None}
    )


@signed_in
@require_POST
def selection_relabel(request: Request, pk: int) -> HttpResponseBase:
    form = BulkLabelForm(request.POST)
    return _change(request, pk, relabel_selected, form, lambda: {"labels": form.labels})


@signed_in
@require_POST
def selection_protect(request: Request, pk: int) -> HttpResponseBase:
    form = ProtectionForm(request.POST)
    return _change(request, pk, protect_selected, form, lambda: form.cleaned_data)


@signed_in
@require_POST
def selection_unprotect(request: Request, pk: int) -> HttpResponseBase:
    return _change(request, pk, unprotect_selected)


@signed_in
@require_POST
def selection_owner(request: Request, pk: int) -> HttpResponseBase:
    form = OwnerForm(find_possible_owners(request.team), request.POST)
    return _change(
        request,
        pk,
        assign_selected,
        form,
        lambda: {"owner": form.chosen_owner, "reason": form.cleaned_data["reason"]},
    )


@signed_in
@require_POST
def selection_archive(request: Request, pk: int) -> HttpResponseBase:
    return _change(request, pk, archive_selected)


@signed_in
@require_POST
def selection_unarchive(request: Request, pk: int) -> HttpResponseBase:
    return _change(request, pk, unarchive_selected)


@signed_in
@require_POST
def selection_undo(request: Request, pk: int) -> HttpResponseBase:
    try:
        return _change(request, pk, undo_selected)
    except NothingToUndo:
        messages.error(request, "There is nothing to undo anymore.")
        return redirect("catalog:selection-detail", pk=pk)


def _change(
    request: Request,
    pk: int,
    change: Callable[..., None],
    form: Form | None = None,
    values: Callable[[], dict[str, Any]] = dict,
) -> HttpResponseBase:
    """Change the selected voices with the values of a form, and show the result."""
    selection = _get(request, pk)
    if form is not None and not form.is_valid():
        messages.error(
            request, " ".join(str(words) for said in form.errors.values() for words in said)
        )
        return redirect("catalog:selection-detail", pk=pk)
    try:
        change(request.user, selection=selection, now=timezone.now(), **values())
    except TooManyToChange:
        messages.error(
            request,
            f"You can change at most {say_number(MOST_CHANGED)} voices this way. Select fewer.",
        )
    else:
        undo = reverse("catalog:selection-undo", args=[pk]) if can_undo(selection) else ""
        messages.success(request, selection.outcome["words"], extra_tags=undo)
    return redirect("catalog:selection-detail", pk=pk)


@signed_in
@require_POST
def selection_compare(request: Request, pk: int) -> HttpResponseBase:
    """Add the selected voices to the comparison, as many as fit."""
    selection = _get(request, pk)
    if not policies.may_speak(request.user, request.team):
        raise PermissionDenied
    teams = find_selected_by_team(request.user, selection)
    voices = [voice for each in teams.values() for voice in each]
    voices.sort(key=lambda voice: selection.voice_ids.index(voice.pk))
    added = add_to_tray(request, voices)
    if not added:
        messages.error(request, "None of these voices can be added to the comparison.")
        return redirect("catalog:selection-detail", pk=pk)
    if added < len(voices):
        messages.info(
            request,
            f"{added} of {say_number(len(voices))} voices are in the comparison. It holds at most "
            f"{MOST_VOICES} voices that can generate speech.",
        )
    return redirect("catalog:comparison-create")


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


def _send(request: Request, find_ids: Callable[[], list[int]], form: str) -> HttpResponseBase:
    now = timezone.now()
    name = f"voices-{now:%Y-%m-%d}"

    def find_rows() -> Iterator[dict[str, Any]]:
        return iterate_exported(request.user, find_ids(), now)

    return send_rows(find_rows, EXPORT_COLUMNS, name=name, form=form)
