"""Delete clones in two steps: a dry run that freezes the list, then the confirmation."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.cleanups import SelectionForm
from catalog.models import CleanupPlan, PlannedDeletion
from catalog.queries.cleanups import (
    PlanPage,
    find_archived_voices,
    find_deletable_voices,
    find_plans,
    get_plan_page,
)
from catalog.services.cleanups import (
    AlreadyApproved,
    NoFittingKey,
    NothingToPlan,
    approve_plan,
    draw_up_plan,
    retry_deletion,
)
from catalog.views.requests import Request, render_part, signed_in


@signed_in
@require_safe
def cleanup_list(request: Request) -> HttpResponseBase:
    return _show_list(request)


@signed_in
@require_POST
def plan_create(request: Request) -> HttpResponseBase:
    form = SelectionForm(request.POST)
    if form.error:
        return _show_list(request, error=form.error)
    try:
        plan = draw_up_plan(
            request.user, team=request.team, voice_ids=form.voice_ids, now=timezone.now()
        )
    except NothingToPlan:
        return _show_list(request, error="None of these voices can be deleted.")
    return redirect("catalog:plan-detail", pk=plan.pk)


def _show_list(request: Request, error: str = "") -> HttpResponseBase:
    if not policies.may_delete_voices(request.user, request.team):
        raise PermissionDenied
    context = {
        "voices": find_deletable_voices(request.user),
        "plans": find_plans(request.user),
        "archived": find_archived_voices(request.user),
        "error": error,
    }
    return render(request, "catalog/cleanups/list.html", context, status=422 if error else 200)


@signed_in
@require_safe
def plan_detail(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk)
    return render_part(
        request,
        page="catalog/cleanups/plan.html",
        part="catalog/cleanups/_lines.html",
        context={"page": page, "plan": page.plan},
    )


@signed_in
@require_POST
def plan_approve(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk)
    try:
        approve_plan(request.user, plan=page.plan, now=timezone.now())
    except AlreadyApproved:
        messages.info(request, "This plan was confirmed before.")
    return redirect("catalog:plan-detail", pk=pk)


@signed_in
@require_POST
def deletion_retry(request: Request, pk: int, line_pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    line = get_object_or_404(PlannedDeletion, pk=line_pk, plan=page.plan)
    try:
        retry_deletion(request.user, line=line, now=timezone.now())
    except NoFittingKey:
        words = (
            "No key that you may use can delete this voice. Add one, or ask for one to be shared."
        )
        messages.error(request, words)
    return redirect("catalog:plan-detail", pk=pk)


def _get_page(request: Request, pk: int) -> PlanPage:
    try:
        page = get_plan_page(request.user, pk)
    except CleanupPlan.DoesNotExist:
        raise Http404 from None
    if not policies.may_delete_voices(request.user, page.plan.team):
        raise PermissionDenied
    return page
