"""Withdraw a speaker's permission, approve what is erased, and read the report."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.forms.withdrawals import WithdrawalForm
from catalog.jobs.withdrawals.finish import hash_report
from catalog.models import Speaker, Withdrawal
from catalog.policies.speakers import may_approve_withdrawal, may_withdraw
from catalog.queries.withdrawals import WithdrawalPage, get_withdrawal, preview_withdrawal
from catalog.services.withdrawals import (
    DAYS_TO_APPROVE,
    CannotCancel,
    approve_withdrawal,
    cancel_withdrawal,
    request_withdrawal,
    retry_erasures,
)
from catalog.views.base.requests import Request, render_part, signed_in
from catalog.views.sessions.reauthentication import confirmed


@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal_create(request: Request, pk: int) -> HttpResponseBase:
    speakers = Speaker.objects.visible_to(request.user).select_related("team")
    speaker = get_object_or_404(speakers, pk=pk)
    if not may_withdraw(request.user, speaker):
        raise PermissionDenied
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    now = timezone.now()
    if form.is_bound and form.is_valid():
        withdrawal = request_withdrawal(
            request.user,
            speaker=speaker,
            reason=form.cleaned_data["reason"],
            keeps_proofs=not form.cleaned_data["erases_proofs"],
            now=now,
        )
        return redirect("catalog:withdrawal-detail", withdrawal.pk)
    context = {
        "form": form,
        "speaker": speaker,
        "lines": preview_withdrawal(request.user, speaker, now),
        "days": DAYS_TO_APPROVE,
        "may_approve": may_approve_withdrawal(request.user, speaker.team),
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/withdrawals/create.html", context, status=status)


@signed_in
@require_safe
def withdrawal_detail(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk)
    withdrawal = page.withdrawal
    may_approve = may_approve_withdrawal(request.user, withdrawal.team)
    context = {
        "page": page,
        "withdrawal": withdrawal,
        "may_approve": may_approve,
        "may_cancel": may_approve and withdrawal.requested_by is not None,
        "report_hash": hash_report(withdrawal.report) if withdrawal.report else "",
    }
    return render_part(
        request,
        page="catalog/withdrawals/detail.html",
        part="catalog/withdrawals/_progress.html",
        context=context,
    )


@signed_in
@confirmed
@require_POST
def withdrawal_approve(request: Request, pk: int) -> HttpResponseBase:
    approve_withdrawal(
        request.user, withdrawal=_get_page(request, pk).withdrawal, now=timezone.now()
    )
    return redirect("catalog:withdrawal-detail", pk)


@signed_in
@require_POST
def withdrawal_cancel(request: Request, pk: int) -> HttpResponseBase:
    withdrawal = _get_page(request, pk).withdrawal
    try:
        cancel_withdrawal(request.user, withdrawal=withdrawal, now=timezone.now())
    except CannotCancel as exc:
        messages.error(request, str(exc))
        return redirect("catalog:withdrawal-detail", pk)
    messages.success(request, "The withdrawal is canceled. The consents are valid again.")
    return redirect("catalog:withdrawal-detail", pk)


@signed_in
@require_POST
def withdrawal_retry(request: Request, pk: int) -> HttpResponseBase:
    withdrawal = _get_page(request, pk).withdrawal
    retry_erasures(request.user, withdrawal=withdrawal, now=timezone.now())
    return redirect("catalog:withdrawal-detail", pk)


@signed_in
@require_POST
def erasure_retry(request: Request, pk: int, erasure_pk: uuid.UUID) -> HttpResponseBase:
    withdrawal = _get_page(request, pk).withdrawal
    erasure = get_object_or_404(withdrawal.erasures, pk=erasure_pk)
    retry_erasures(request.user, withdrawal=withdrawal, erasure=erasure, now=timezone.now())
    return redirect("catalog:withdrawal-detail", pk)


@signed_in
@require_safe
def withdrawal_report(request: Request, pk: int) -> HttpResponseBase:
    """Send the signed report as it was signed, byte by byte."""
    withdrawal = _get_page(request, pk).withdrawal
    if not withdrawal.report:
        raise Http404
    name = f"withdrawal-{withdrawal.pk}.json"
    return HttpResponse(
        withdrawal.report.encode(),
        content_type="application/json",
        headers={
            "Content-Disposition": content_disposition_header(True, name),
            "Cache-Control": "private, no-store",
        },
    )


def _get_page(request: Request, pk: int) -> WithdrawalPage:
    try:
        return get_withdrawal(request.user, pk)
    except Withdrawal.DoesNotExist:
        raise Http404 from None
