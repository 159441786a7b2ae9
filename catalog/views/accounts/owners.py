"""Show and change who is responsible for an account or a voice."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from catalog import policies
from catalog.forms.teams import OwnerForm
from catalog.models import ProviderAccount, Voice
from catalog.models.cleanups.keeps import find_responsible
from catalog.queries.teams import find_possible_owners
from catalog.services.accounts.owners import change_account_owner, change_voice_owner
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def account_owner(request: Request, pk: int) -> HttpResponseBase:
    rows = ProviderAccount.objects.visible_to(request.user).select_related("team", "last_owner")
    account = get_object_or_404(rows, pk=pk)
    form = _read_form(request)
    if form.is_valid():
        change_account_owner(
            request.user,
            account=account,
            owner=form.chosen_owner,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{form.chosen_owner.user} now owns this account.")
        return redirect("catalog:account-list")
    return _show(request, form, account=account, owner=account.last_owner)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def voice_owner(request: Request, pk: int) -> HttpResponseBase:
    rows = Voice.objects.visible_to(request.user)
    voice = get_object_or_404(rows.select_related("account__team", "account__last_owner"), pk=pk)
    form = _read_form(request)
    if form.is_valid():
        change_voice_owner(
            request.user,
            voice=voice,
            owner=form.chosen_owner,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{form.chosen_owner.user} now owns this voice.")
        return redirect("catalog:voice-detail", pk=pk)
    return _show(request, form, voice=voice, owner=find_responsible(voice))


def _read_form(request: Request) -> OwnerForm:
    if not policies.may_change_owner(request.user, request.team):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    return OwnerForm(find_possible_owners(request.team), data)


def _show(request: Request, form: OwnerForm, **context: Any) -> HttpResponseBase:
    status = 422 if form.is_bound else 200
    page = "catalog/accounts/owner.html"
    return render(request, page, {"form": form, "voice": None, **context}, status=status)
