"""Webhooks by which a provider announces the end of voices: their set-up, and deliveries."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from catalog.forms.evacuations import HookForm
from catalog.models import ProviderAccount
from catalog.policies.evacuations import may_announce_end
from catalog.providers.errors import NoticeRejected
from catalog.services.evacuations.hooks import change_hook, receive_notices, remove_hook
from catalog.views.base.requests import Request, signed_in

_MOST_BYTES = 64 * 1024


@sensitive_post_parameters("secret")
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def hook_change(request: Request, pk: int) -> HttpResponseBase:
    """Show how to set up the account's webhook, make its address, and store its secret."""
    account = _get_account(request, pk)
    hook, form = getattr(account, "end_hook", None), HookForm()
    if request.method == "POST":
        form = HookForm(request.POST)
        if hook is None or form.is_valid():
            secret = form.cleaned_data["secret"] if form.is_valid() else ""
            change_hook(request.user, account=account, secret=secret, now=timezone.now())
            return redirect("catalog:hook-change", pk=pk)
    path = reverse("catalog:hook-receive", args=[hook.pk]) if hook else ""
    context = {
        "account": account,
        "hook": hook,
        "address": request.build_absolute_uri(path) if path else "",
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/evacuations/hook.html", context, status=status)


@signed_in
@require_POST
def hook_remove(request: Request, pk: int) -> HttpResponseBase:
    account = _get_account(request, pk)
    hook = getattr(account, "end_hook", None)
    if hook is not None:
        remove_hook(request.user, hook=hook, now=timezone.now())
        messages.success(request, "The webhook was removed.")
    return redirect("catalog:hook-change", pk=pk)


def _get_account(request: Request, pk: int) -> ProviderAccount:
    rows = ProviderAccount.objects.visible_to(request.user).select_related("team", "end_hook")
    account = get_object_or_404(rows, pk=pk)
    if not may_announce_end(request.user, account.team):
        raise PermissionDenied
    if not account.info.sends_notices:
        raise Http404
    return account


# The provider sends this, signed with the account's secret.
@csrf_exempt
@require_POST
def hook_receive(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a delivery: 204 if it's genuine and new, otherwise 401."""
    if request.content_type == "multipart/form-data":
        return HttpResponse(status=415)  # its body was read as a form already
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or int(declared) > _MOST_BYTES:
        return HttpResponse(status=413)
    try:
        receive_notices(hook_id=pk, headers=request.headers, body=request.body, now=timezone.now())
    except NoticeRejected as exc:
        return HttpResponse(f"{exc}\n", status=401, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)
