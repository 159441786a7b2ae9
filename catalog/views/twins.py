"""Duplicates: pairs of voices that are likely the same, and what people decide about them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.twins import MergeForm
from catalog.models import TwinPair
from catalog.queries.twins import find_pair, get_twin_page
from catalog.services.cleanups.plans import NothingToPlan
from catalog.services.twins import (
    AlreadyDecided,
    mark_different,
    merge_twins,
    reopen_pair,
    undo_merge,
)
from catalog.views.base.requests import Request, signed_in

_DECIDED = "Someone has already decided about this pair."


@signed_in
@require_safe
def twin_list(request: Request) -> HttpResponseBase:
    context = {
        "page": get_twin_page(request.user),
        "cleanup_tab": {"twins": True},
        "is_admin": policies.may_delete_voices(request.user, request.team),
        "may_decide": policies.may_annotate(request.user, request.team),
    }
    return render(request, "catalog/twins/list.html", context)


@signed_in
@require_POST
def twin_merge(request: Request, pk: int) -> HttpResponseBase:
    pair = _get_pair(request, pk)
    if not policies.may_archive_voices(request.user, request.team):
        raise PermissionDenied
    form, plan = MergeForm(request.POST, pair=pair), None
    if not form.is_valid():
        messages.error(request, "Choose which voice stays.")
        return redirect("catalog:twin-list")
    kept = next(voice for voice in pair.voices if voice.pk == form.cleaned_data["kept"])
    values = {"kept": kept, "is_planned": form.cleaned_data["is_planned"]}
    try:
        plan = merge_twins(request.user, pair=pair, now=timezone.now(), **values)
    except AlreadyDecided:
        messages.error(request, _DECIDED)
    except NothingToPlan:
        messages.error(request, "Nothing was changed: the other voice can't be in a cleanup plan.")
    else:
        messages.success(request, f"Merged. {kept.shown_name} stays.")
    return redirect("catalog:plan-detail", plan) if plan else redirect("catalog:twin-list")


@signed_in
@require_POST
def twin_split(request: Request, pk: int) -> HttpResponseBase:
    """Say that the voices are different."""
    try:
        mark_different(request.user, pair=_get_pair(request, pk), now=timezone.now())
    except AlreadyDecided:
        messages.error(request, _DECIDED)
    else:
        messages.success(request, "Marked as different. The pair won't be listed again.")
    return redirect("catalog:twin-list")


@signed_in
@require_POST
def twin_undo(request: Request, pk: int) -> HttpResponseBase:
    """Take back a decision."""
    pair, now = _get_pair(request, pk), timezone.now()
    try:
        if pair.state == TwinPair.State.MERGED:
            undo_merge(request.user, pair=pair, now=now)
        else:
            reopen_pair(request.user, pair=pair, now=now)
    except AlreadyDecided:
        messages.error(request, _DECIDED)
    else:
        messages.success(request, "Taken back.")
    return redirect("catalog:twin-list")


def _get_pair(request: Request, pk: int) -> TwinPair:
    pair = find_pair(request.user, pk)
    if pair is None:
        raise Http404
    return pair
