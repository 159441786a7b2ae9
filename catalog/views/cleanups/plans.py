"""One deletion plan: its lines, approval, waiting time, and results."""

import uuid
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.voices.filters import read_page
from catalog.models import CleanupPlan, PlannedDeletion
from catalog.queries.cleanups.plans import LINE_COLUMNS, PlanPage, get_plan_page, iterate_lines
from catalog.services.cleanups.plans import (
    AlreadyApproved,
    NoDeletionKey,
    NumberNotTyped,
    approve_plan,
    call_off_plan,
    retry_deletion,
    retry_failed,
)
from catalog.views.base.downloads import send_rows
from catalog.views.base.requests import Request, go_back, render_part, signed_in
from catalog.views.cleanups.keep import keep_days, keep_line


@signed_in
@require_safe
def plan_detail(request: Request, pk: int) -> HttpResponseBase:
    return _show(request, _get_page(request, pk))


def _show(request: Request, page: PlanPage, error: str = "") -> HttpResponseBase:
    return render_part(
        request,
        page="catalog/cleanups/plan.html",
        part="catalog/cleanups/_plan_lines.html",
        context={"page": page, "plan": page.plan, "error": error, **keep_days()},
        status=422 if error else 200,
    )


@signed_in
@require_safe
def plan_export(request: Request, pk: int, form: str) -> HttpResponseBase:
    page = _get_page(request, pk)
    find_rows = partial(iterate_lines, page.plan)
    return send_rows(find_rows, LINE_COLUMNS, name=f"plan-{pk}", form=form)


@signed_in
@require_POST
def plan_approve(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk)
    typed = request.POST.get("typed", "")
    try:
        approve_plan(request.user, plan=page.plan, now=timezone.now(), typed=typed)
    except AlreadyApproved:
        pass  # pressed twice, or by two people: the plan shows who approved it
    except NumberNotTyped:
        return _show(request, page, error=f"Type {page.count} to confirm the number of voices.")
    return redirect("catalog:plan-detail", pk=pk)


@signed_in
@require_POST
def plan_call_off(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk)
    if not call_off_plan(request.user, plan=page.plan, now=timezone.now()):
        messages.error(request, "This plan has already started and can't be canceled.")
    return redirect("catalog:plan-detail", pk=pk)


@signed_in
@require_POST
def plan_retry(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk)
    try:
        retry_failed(request.user, plan=page.plan, now=timezone.now())
    except NoDeletionKey as exc:
        messages.error(request, str(exc))
    return redirect("catalog:plan-detail", pk=pk)


@signed_in
@require_POST
def deletion_retry(request: Request, pk: int, line_pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    line = get_object_or_404(PlannedDeletion, pk=line_pk, plan=page.plan)
    try:
        retry_deletion(request.user, line=line, now=timezone.now())
    except NoDeletionKey as exc:
        messages.error(request, str(exc))
    return redirect("catalog:plan-detail", pk=pk)


@signed_in
@require_POST
def deletion_keep(request: Request, pk: int, line_pk: uuid.UUID) -> HttpResponseBase:
    page = _get_page(request, pk)
    keep_line(request, get_object_or_404(PlannedDeletion, pk=line_pk, plan=page.plan))
    return go_back(request, page.address)


def _get_page(request: Request, pk: int) -> PlanPage:
    page, outcome = read_page(request.GET.get("page", "")), request.GET.get("outcome", "")
    try:
        found = get_plan_page(request.user, pk, timezone.now(), page, outcome)
    except CleanupPlan.DoesNotExist:
        raise Http404 from None
    if not policies.may_delete_voices(request.user, found.plan.team):
        raise PermissionDenied
    return found
