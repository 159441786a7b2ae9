"""Keep voices from being deleted: those of a plan, and those that no plan may take."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.cleanups import KeepForm, ProtectionForm
from catalog.models import PlannedDeletion, Protection, Voice
from catalog.models.cleanups.keeps import find_responsible, usual_end
from catalog.queries.cleanups.plans import (
    find_held_line,
    find_keep,
    find_protection,
    get_keeping_board,
)
from catalog.queries.usage import find_last_uses
from catalog.queries.voices.references import find_where_used
from catalog.services.cleanups.keeps import (
    LONGEST_KEEP,
    UnsuitableDate,
    change_keep,
    end_keep,
    keep_voice,
)
from catalog.services.cleanups.protections import lift_protection, protect_voice
from catalog.views.base.requests import Request, go_back, signed_in

_NO_DAY = "Choose a day from today on, at most 10 years ahead."
_NOT_KEPT = "Nobody keeps this voice now."


def keeping_context(request: Request, voice: Voice) -> dict[str, Any]:
    """Return what a voice's page says of its end, and of what keeps it from one."""
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
        "where_used": find_where_used(user, [voice.pk], timezone.now()).get(voice.pk, []),
        "last_use": find_last_uses([voice])[voice.pk],
        "responsible": find_responsible(voice),
        "may_change_owner": policies.may_change_owner(user, team),
        "may_clone": policies.may_clone(user, team),
    }


def _keep_address(request: Request, held: PlannedDeletion | None) -> str:
    """Return where a voice is kept: owners have an address of their own, admins the plan's."""
    if held is None:
        return ""
    if held.responsible_id == request.user.pk:
        return reverse("catalog:voice-keep", args=[held.pk])
    return reverse("catalog:deletion-keep", args=[held.plan_id, held.pk])


@signed_in
@require_safe
def keep_list(request: Request) -> HttpResponseBase:
    """Show a person what of theirs is soon deleted, what is kept, and what ended lately."""
    board = get_keeping_board(request.user, request.team, timezone.now())
    context = {"board": board, **keep_days()}
    return render(request, "catalog/cleanups/keeping.html", context)


@signed_in
@require_POST
def voice_keep(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    rows = PlannedDeletion.objects.visible_to(request.user)
    rows = rows.select_related("plan__team", "voice__account__team", "voice__responsible")
    keep_line(request, get_object_or_404(rows, pk=pk))
    return go_back(request, reverse("catalog:keep-list"))


def keep_line(request: Request, line: PlannedDeletion) -> None:
    """Keep the voice of a line until the day that was asked for, and say until when."""
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
        messages.success(request, f"{line.name} is kept until {until:%b %-d, %Y}.")
    else:
        messages.error(request, "The deletion has already started.")


def keep_days() -> dict[str, Any]:
    """Return the day until which a voice is kept by default, and the first and last possible."""
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
        messages.success(request, f"{voice.shown_name} is kept until {until:%b %-d, %Y}.")
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
        messages.error(request, complaint_about(form, "This reason can't be read."))
    return redirect("catalog:voice-detail", pk=pk)


@signed_in
@require_POST
def voice_unprotect(request: Request, pk: int) -> HttpResponseBase:
    lift_protection(request.user, voice=_get_voice(request, pk), now=timezone.now())
    return redirect("catalog:voice-detail", pk=pk)


def _get_voice(request: Request, pk: int) -> Voice:
    rows = Voice.objects.visible_to(request.user).select_related("account__team", "responsible")
    return get_object_or_404(rows, pk=pk)
