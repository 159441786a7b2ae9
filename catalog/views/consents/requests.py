"""Ask speakers for consent, follow what became of it, and decide what the checks can't."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.consents import ConsentAskForm, ConsentDecisionForm, LinkDaysForm
from catalog.models import ConsentRequest
from catalog.queries.consents.requests import find_consent_requests, show_checks
from catalog.queries.speakers import find_speakers
from catalog.services.consents.requests import (
    ConsentAsk,
    RequestSpent,
    ask_consent,
    cancel_consent_request,
    decide_consent,
    renew_consent_link,
    takes_recording,
)
from catalog.views.base.media import send_sound
from catalog.views.base.requests import Request, render_part, signed_in
from catalog.views.consents.speak import send_receipt, take_recording

_ENDED = "This request has ended already."


@signed_in
@require_safe
def consent_list(request: Request) -> HttpResponseBase:
    context = {"requests": find_consent_requests(request.user)}
    return render(request, "catalog/consents/list.html", context)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def consent_create(request: Request) -> HttpResponseBase:
    if not policies.may_clone(request.user, request.team):
        raise PermissionDenied
    is_post = request.method == "POST"
    initial = {"speaker": request.GET.get("speaker", "")[:120]}
    form = ConsentAskForm(
        request.POST if is_post else None, initial=initial, today=timezone.localdate()
    )
    if not is_post or not form.is_valid():
        context = {"form": form, "speakers": find_speakers(request.user)}
        status = 422 if form.is_bound else 200
        return render(request, "catalog/consents/create.html", context, status=status)
    made, token = ask_consent(
        request.user, team=request.team, ask=ConsentAsk(**form.cleaned_data), now=timezone.now()
    )
    return _show(request, made, link=_make_link(request, token))


@never_cache
@signed_in
@require_safe
def consent_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    return _show(request, _get(request, pk))


@never_cache
@signed_in
@require_POST
def consent_renew(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Show the new link directly in the response; it isn't stored and can't be shown again."""
    wanted = _get(request, pk)
    form = LinkDaysForm(request.POST)
    if not form.is_valid():
        return _show(request, wanted, status=422, days_form=form)
    try:
        token = renew_consent_link(
            request.user, request=wanted, days=form.cleaned_data["days"], now=timezone.now()
        )
    except RequestSpent:
        messages.info(request, _ENDED)
        return redirect("catalog:consent-detail", wanted.pk)
    wanted.refresh_from_db()
    return _show(request, wanted, link=_make_link(request, token))


@signed_in
@require_POST
def consent_cancel(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    wanted = _get(request, pk)
    cancel_consent_request(request.user, request=wanted, now=timezone.now())
    messages.success(request, "The link no longer works.")
    return redirect("catalog:consent-detail", wanted.pk)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def consent_record(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Record the speaker on this device, next to the person who asked."""
    wanted = _get(request, pk)
    if not policies.may_clone(request.user, request.team):
        raise PermissionDenied
    if not takes_recording(wanted, now=timezone.now()):
        messages.info(request, "The link has expired. Make a new one first.")
        return redirect("catalog:consent-detail", wanted.pk)
    return take_recording(request, wanted, request.user)


@signed_in
@require_POST
def consent_decide(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    wanted = _get(request, pk)
    if not policies.may_decide_consent(request.user, request.team):
        raise PermissionDenied
    form = ConsentDecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, wanted, status=422, decision_form=form)
    try:
        decide_consent(
            request.user,
            request=wanted,
            accepts=form.cleaned_data["decision"] == "accept",
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except RequestSpent:
        messages.info(request, _ENDED)
    return redirect("catalog:consent-detail", wanted.pk)


@signed_in
@require_safe
def consent_recording(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Send the recording as it was checked."""
    wanted = _get(request, pk)
    if not wanted.copy_path:
        raise Http404
    title = f"Consent of {wanted.speaker.name}"
    return send_sound(request, wanted.copy_path, "audio/mpeg", title=title)


@signed_in
@require_safe
def consent_receipt(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    wanted = _get(request, pk)
    if not wanted.receipt:
        raise Http404
    return send_receipt(wanted.receipt, f"Consent of {wanted.speaker.name}")


def _get(request: Request, pk: uuid.UUID) -> ConsentRequest:
    rows = ConsentRequest.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("speaker", "team", "asked_by", "decided_by", "consent"), pk=pk
    )


def _make_link(request: Request, token: str) -> str:
    return request.build_absolute_uri(reverse("catalog:consent-speak", args=[token]))


def _show(
    request: Request, wanted: ConsentRequest, *, status: int = 200, **values: Any
) -> HttpResponseBase:
    now = timezone.now()
    context = {
        "wanted": wanted,
        "checks": show_checks(wanted),
        "is_expired": wanted.is_open and wanted.expires_at <= now,
        "may_steer": policies.may_steer_consent_request(request.user, wanted),
        "may_decide": policies.may_decide_consent(request.user, request.team),
        "days_form": LinkDaysForm(),
        "decision_form": ConsentDecisionForm(),
        "link": "",
        **values,
    }
    return render_part(
        request,
        page="catalog/consents/detail.html",
        part="catalog/consents/_status.html",
        context=context,
        status=status,
    )
