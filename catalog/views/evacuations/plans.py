"""Replacement plans: make one, decide its lines, start its clones, approve it, and undo it."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.evacuations import read_bulk_choices, read_choices
from catalog.forms.voices.filters import read_page
from catalog.models import CloneJob, Evacuation, ProviderAccount
from catalog.policies.evacuations import may_change_evacuation, may_replace_everywhere
from catalog.queries.evacuations.plans import (
    COPIES,
    STATUSES,
    EvacuationPage,
    find_affected,
    find_evacuations,
    get_evacuation_page,
)
from catalog.queries.evacuations.targets import find_move_targets
from catalog.services.evacuations.plans import (
    CONFIRMATION,
    MOST_VOICES,
    CannotStartClones,
    Ending,
    NothingToReplace,
    PlanClosed,
    cancel_evacuation,
    choose_replacements,
    create_evacuation,
    start_clones,
)
from catalog.services.evacuations.replace import NotReady, approve_evacuation, undo_evacuation
from catalog.views.base.requests import Request, go_back, render_part, signed_in

Cause = Evacuation.Cause


@signed_in
@require_safe
def evacuation_list(request: Request) -> HttpResponseBase:
    _check_may_evacuate(request)
    context = {"plans": find_evacuations(request.user)}
    return render(request, "catalog/evacuations/list.html", context)


@signed_in
@require_POST
def evacuation_create(request: Request) -> HttpResponseBase:
    """Draw up a plan for voices, for the clones of a speaker, or for what ends."""
    _check_may_evacuate(request)
    ending, ids = _read_ending(request)
    try:
        plan = create_evacuation(
            request.user, team=request.team, voice_ids=ids, ending=ending, now=timezone.now()
        )
    except NothingToReplace:
        messages.error(request, "There is no voice to replace. Select at least one.")
        return go_back(request, "catalog:evacuation-list")
    if len(ids) > MOST_VOICES:
        messages.info(
            request, f"A plan holds {MOST_VOICES} voices. Make another one for the rest afterwards."
        )
    return redirect("catalog:evacuation-detail", pk=plan.pk)


def _read_ending(request: Request) -> tuple[Ending, list[int]]:
    provider, account_id = request.POST.get("provider", ""), request.POST.get("account", "")
    if account_id.isdecimal() and len(account_id) < 19:
        rows = ProviderAccount.objects.visible_to(request.user)
        account = get_object_or_404(rows, pk=int(account_id))
        ending = Ending(Cause.ACCOUNT, account.provider, account)
        return ending, find_affected(request.user, account=account)
    if provider:
        if not ProviderAccount.objects.visible_to(request.user).filter(provider=provider).exists():
            raise Http404
        return Ending(Cause.PROVIDER, provider), find_affected(request.user, provider=provider)
    ids = [int(pk) for pk in request.POST.getlist("voice") if pk.isdecimal() and len(pk) < 19]
    jobs = [pk for pk in request.POST.getlist("job") if _is_uuid(pk)]
    made = CloneJob.objects.visible_to(request.user).filter(pk__in=jobs).exclude(voice=None)
    ids += list(made.values_list("voice", flat=True))
    return Ending(Cause.VOICE if request.POST.get("ends") else Cause.MOVE), ids


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@signed_in
@require_safe
def evacuation_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    return _show(request, _get_page(request, pk))


def _show(request: Request, page: EvacuationPage, error: str = "") -> HttpResponseBase:
    may_change = may_change_evacuation(request.user, page.plan)
    is_edited = bool(request.GET.get("edit")) or not page.is_running
    return render_part(
        request,
        page="catalog/evacuations/detail.html",
        part="catalog/evacuations/_lines.html",
        context={
            "page": page,
            "plan": page.plan,
            "error": error,
            "may_change": may_change,
            "is_choosing": may_change and page.plan.is_open and is_edited,
            "is_admin": may_replace_everywhere(request.user, request.team),
            "may_clean_up": policies.may_delete_voices(request.user, request.team),
            "confirmation": CONFIRMATION,
            "copies": COPIES,
        },
        status=422 if error else 200,
    )


@signed_in
@require_POST
def evacuation_choose(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Store the choices of the shown lines, or the same choice for many lines."""
    page = _get_page(request, pk)
    targets = find_move_targets(request.user)
    if request.POST.get("do", "save") == "save":
        shown = [each.line for each in page.lines]
        choices = read_choices(request.POST, shown, targets, request.user)
    else:
        lines = list(page.plan.lines.order_by("position"))
        choices = read_bulk_choices(request.POST, lines, targets)
    try:
        changed = choose_replacements(
            request.user, evacuation=page.plan, choices=choices, now=timezone.now()
        )
    except PlanClosed as exc:
        messages.error(request, str(exc))
    else:
        words = f"{changed} choice{'s' if changed != 1 else ''} changed."
        messages.success(request, words)
    return redirect(page.address)


@signed_in
@require_POST
def evacuation_start(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    try:
        start_clones(
            request.user,
            evacuation=page.plan,
            is_confirmed=bool(request.POST.get("confirmed")),
            now=timezone.now(),
        )
    except (CannotStartClones, PlanClosed) as exc:
        return _show(request, page, error=str(exc))
    return redirect("catalog:evacuation-detail", pk=pk)


@signed_in
@require_POST
def evacuation_approve(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    try:
        approve_evacuation(
            request.user,
            evacuation=page.plan,
            copies=request.POST.getlist("copy"),
            now=timezone.now(),
        )
    except PlanClosed:
        pass  # pressed twice, or by two people: the plan shows who approved it
    except NotReady as exc:
        return _show(request, page, error=str(exc))
    return redirect("catalog:evacuation-detail", pk=pk)


@signed_in
@require_POST
def evacuation_cancel(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    try:
        cancel_evacuation(request.user, evacuation=page.plan, now=timezone.now())
    except PlanClosed as exc:
        messages.error(request, str(exc))
    return redirect("catalog:evacuation-detail", pk=pk)


@signed_in
@require_POST
def evacuation_undo(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    try:
        undone, kept = undo_evacuation(request.user, evacuation=page.plan, now=timezone.now())
    except PlanClosed as exc:
        messages.error(request, str(exc))
    else:
        words = f"{undone} place{'s' if undone != 1 else ''} restored."
        if kept:
            words += f" {kept} changed since then and stay{'s' if kept == 1 else ''} as they are."
        messages.success(request, words)
    return redirect("catalog:evacuation-detail", pk=pk)


def _check_may_evacuate(request: Request) -> None:
    if not policies.may_clone(request.user, request.team):
        raise PermissionDenied


def _get_page(request: Request, pk: uuid.UUID) -> EvacuationPage:
    number, show = read_page(request.GET.get("page", "")), request.GET.get("show", "")
    try:
        page = get_evacuation_page(
            request.user, pk, timezone.now(), number, show if show in STATUSES else ""
        )
    except Evacuation.DoesNotExist:
        raise Http404 from None
    _check_may_evacuate(request)
    return page
