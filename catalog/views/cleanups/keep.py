"""Keep voices from being deleted, and protect them from cleanups."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.core.locales import say_day, say_number
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.cleanups import KeepForm, ProtectionForm
from catalog.models import PlannedDeletion, Protection, Voice
from catalog.models.cleanups.keeps import find_responsible, usual_end
from catalog.queries.cleanups.keep_links import find_keepable, find_linked_plan
from catalog.queries.cleanups.plans import (
    find_held_line,
    find_keep,
    find_protection,
    get_keeping_board,
)
from catalog.queries.usage import find_last_uses
from catalog.services.cleanups.keeps import (
    LONGEST_KEEP,
    UnsuitableDate,
    change_keep,
    end_keep,
    keep_planned,
    keep_voice,
)
from catalog.services.cleanups.protections import lift_protection, protect_voice
from catalog.views.base.requests import Request, go_back, signed_in

_NO_DAY = "Choose a day between today and 10 years from now."
_NOT_KEPT = "This voice isn't kept at the moment."


def keeping_context(request: Request, voice: Voice) -> dict[str, Any]:
    """Return the context of a voice's page about its planned deletion and its protection."""
    user, team = request.user, voice.account.team
    protection, held = find_protection(voice), find_held_line(voice.pk)
    return {
        "protection": protection,
        "held": held,
        "keep_address": _keep_address(request, held),
        "may_keep": held is not None and policies.may_keep_voice(user, held),
        "keep": find_keep(voice, timezone.now()),
        "may_change_keep": policies.may_change_keep(user, voice),
        **keep_days(),
        "may_pin": policies.may_protect_voice(user, team, Protection.Kind.PIN),
        "may_hold": policies.may_protect_voice(user, team, Protection.Kind.HOLD),
        "may_lift": protection is not None and policies.may_lift_protection(user, protection),
        "last_use": find_last_uses([voice])[voice.pk],
        "responsible": find_responsible(voice),
        "may_change_owner": policies.may_change_owner(user, team),
        "may_clone": policies.may_clone(user, team),
    }


def _keep_address(request: Request, held: PlannedDeletion | None) -> str:
    """Return the URL that keeps the voice: owners and admins have different ones."""
    if held is None:
        return ""
    if held.responsible_id == request.user.pk:
        return reverse("catalog:voice-keep", args=[held.pk])
    return reverse("catalog:deletion-keep", args=[held.plan_id, held.pk])


@signed_in
@require_safe
def keep_list(request: Request) -> HttpResponseBase:
    """Show a user's voices that are scheduled for deletion, kept, or recently deleted."""
    board = get_keeping_board(request.user, request.team, timezone.now())
    context = {"board": board, **keep_days()}
    return render(request, "catalog/cleanups/keep.html", context)


@signed_in
@require_POST
def voice_keep(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    rows = PlannedDeletion.objects.visible_to(request.user)
    rows = rows.select_related("plan__team", "voice__account__team", "voice__responsible")
    keep_line(request, get_object_or_404(rows, pk=pk))
    return go_back(request, reverse("catalog:keep-list"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def plan_keep(request: Request, token: str) -> HttpResponseBase:
    """Show what a link in an email is about, and keep it when the button is pressed.

    Mail programs open links to check them, so a GET changes nothing.
    """
    plan, now = find_linked_plan(request.user, token), timezone.now()
    if plan is None:
        return render(request, "catalog/cleanups/keep_by_link.html", {"plan": None}, status=404)
    if request.method == "POST" and plan.team_id == request.team.pk:
        count = keep_planned(request.user, plan=plan, now=now)
        if count:
            what = "Your clone is" if count == 1 else f"Your {say_number(count)} clones are"
            messages.success(request, f"{what} kept until {say_day(usual_end(now))}.")
        else:
            messages.error(request, "There is nothing left to keep in this plan.")
        return redirect("catalog:keep-list")
    context = {
        "plan": plan,
        "is_current": plan.team_id == request.team.pk,
        "lines": list(find_keepable(request.user, plan)),
        "until": usual_end(now),
    }
    return render(request, "catalog/cleanups/keep_by_link.html", context)


def keep_line(request: Request, line: PlannedDeletion) -> None:
    """Keep a line's voice until the day in the form, and report the result as a message."""
    form, now = KeepForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, _NO_DAY)
        return
    until = form.cleaned_data["until"] or usual_end(now)
    try:
        is_kept = keep_voice(request.user, line=line, now=now, until=until)
    except UnsuitableDate:
        messages.error(request, _NO_DAY)
        return
    if is_kept:
        messages.success(request, f"{line.name} is kept until {say_day(until)}.")
    else:
        messages.error(request, "The deletion has already started.")


def keep_days() -> dict[str, Any]:
    """Return the default, first, and last day until which a voice can be kept."""
    now = timezone.now()
    return {
        "keep_default": usual_end(now),
        "keep_first": now.date(),
        "keep_last": (now + LONGEST_KEEP).date(),
    }


@signed_in
@require_POST
def keep_change(request: Request, pk: int) -> HttpResponseBase:
    voice, form, now = _get_voice(request, pk), KeepForm(request.POST), timezone.now()
    if not policies.may_change_keep(request.user, voice):
        raise PermissionDenied
    until = form.cleaned_data["until"] if form.is_valid() else None
    try:
        is_kept = until is not None and change_keep(request.user, voice=voice, until=until, now=now)
    except UnsuitableDate:
        until = None
    if until is None:
        messages.error(request, _NO_DAY)
    elif is_kept:
        messages.success(request, f"{voice.shown_name} is kept until {say_day(until)}.")
    else:
        messages.error(request, _NOT_KEPT)
    return go_back(request, reverse("catalog:voice-detail", args=[pk]))


@signed_in
@require_POST
def keep_end(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    if end_keep(request.user, voice=voice, now=timezone.now()):
        messages.success(request, f"{voice.shown_name} is no longer kept.")
    else:
        messages.error(request, _NOT_KEPT)
    return go_back(request, reverse("catalog:voice-detail", args=[pk]))


@signed_in
@require_POST
def voice_protect(request: Request, pk: int) -> HttpResponseBase:
    voice, form = _get_voice(request, pk), ProtectionForm(request.POST)
    if form.is_valid():
        protect_voice(request.user, voice=voice, **form.cleaned_data, now=timezone.now())
    else:
        messages.error(request, complaint_about(form, "Enter a reason with letters or digits."))
    return redirect("catalog:voice-detail", pk=pk)


@signed_in
@require_POST
def voice_unprotect(request: Request, pk: int) -> HttpResponseBase:
    lift_protection(request.user, voice=_get_voice(request, pk), now=timezone.now())
    return redirect("catalog:voice-detail", pk=pk)


def _get_voice(request: Request, pk: int) -> Voice:
    rows = Voice.objects.visible_to(request.user).select_related("account__team", "responsible")
    return get_object_or_404(rows, pk=pk)
