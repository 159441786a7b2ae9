"""API keys: what each can do; add, share, rename, replace, and remove them."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.credentials import CredentialForm, NicknameForm, ReplaceKeyForm
from catalog.models import Credential
from catalog.providers.registry import all_infos
from catalog.queries.credentials import (
    find_account_statuses,
    find_credentials,
    get_credential,
)
from catalog.queries.teams import get_team_policy
from catalog.services.accounts.built_in import switch_built_in
from catalog.services.credentials import keys as services
from catalog.services.credentials.replacement import (
    confirm_replacement,
    drop_replacement,
    replace_key,
)
from catalog.views.base.requests import Request, render_part, signed_in
from catalog.views.sessions.reauthentication import confirmed


@signed_in
@require_safe
def credential_list(request: Request) -> HttpResponseBase:
    statuses = find_account_statuses(request.user, timezone.now())
    context = {
        "credentials": find_credentials(request.user),
        "statuses": statuses,
        "is_running": any(row.is_running for row in statuses),
        "may_change_owner": policies.may_change_owner(request.user, request.team),
        "may_sync": policies.may_sync(request.user, request.team),
        "may_add": policies.may_add_credential(request.user, request.team),
        "may_switch": policies.may_switch_built_in(request.user, request.team),
        "old_before": _old_before(),
        "may_manage": policies.may_manage_people(request.user, request.team),
    }
    return render(request, "catalog/credentials/list.html", context)


@signed_in
@require_safe
def credential_row(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    may_switch = policies.may_switch_built_in(request.user, request.team)
    context = {
        "credential": _get(request, pk),
        "may_switch": may_switch,
        "may_manage": policies.may_manage_people(request.user, request.team),
        "old_before": _old_before(),
    }
    return render_part(
        request,
        page="catalog/credentials/detail.html",
        part="catalog/credentials/_row.html",
        context=context,
    )


@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def credential_add(request: Request) -> HttpResponseBase:
    policy = get_team_policy(request.team)
    infos = [each for each in all_infos() if not each.is_built_in]
    infos = [each for each in infos if not policy.forbid_provider(each)]
    form = CredentialForm(request.POST if request.method == "POST" else None, infos=infos)
    if request.method == "POST" and form.is_valid():
        services.add_credential(
            request.user,
            team=request.team,
            provider=form.cleaned_data["provider"],
            api_key=form.cleaned_data["api_key"],
            nickname=form.cleaned_data["nickname"],
            is_shared=form.cleaned_data["is_shared"],
            now=timezone.now(),
        )
        messages.success(request, "Key saved. Checking what it can do…")
        return redirect("catalog:credential-list")
    may_add = policies.may_add_credential(request.user, request.team)
    status = 422 if form.is_bound else 200
    context = {"form": form, "infos": infos, "may_add": may_add}
    return render(
        request, "catalog/credentials/create.html", context, status=status if may_add else 403
    )


@sensitive_post_parameters()
@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def credential_replace(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    credential = _get(request, pk)
    form = ReplaceKeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        replace_key(
            request.user,
            credential=credential,
            api_key=form.cleaned_data["api_key"],
            now=timezone.now(),
        )
        words = "New key saved. The old key stays in use until the new one has passed its check."
        messages.success(request, words)
        return redirect("catalog:credential-list")
    may_change = policies.may_change_credential(request.user, credential)
    status = 422 if form.is_bound else 200
    context = {"form": form, "credential": credential, "may_change": may_change}
    return render(
        request, "catalog/credentials/replace.html", context, status=status if may_change else 403
    )


@signed_in
@confirmed
@require_POST
def credential_confirm(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Answer the warning: the new key is for the same account, or switching is intended."""
    keeps_account = request.POST.get("account") == "same"
    confirm_replacement(
        request.user, credential=_get(request, pk), keeps_account=keeps_account, now=timezone.now()
    )
    return redirect("catalog:credential-list")


@signed_in
@require_POST
def credential_replace_cancel(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    drop_replacement(request.user, credential=_get(request, pk), now=timezone.now())
    messages.success(request, "The new key was deleted. The old key stays in use.")
    return redirect("catalog:credential-list")


@signed_in
@require_POST
def credential_rename(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    credential = _get(request, pk)
    form = NicknameForm(request.POST)
    if not policies.may_change_credential(request.user, credential):
        raise PermissionDenied
    if not form.is_valid():
        messages.error(request, complaint_about(form, "A name can have at most 80 characters."))
        return redirect("catalog:credential-list")
    nickname = form.cleaned_data["nickname"]
    now = timezone.now()
    services.rename_credential(request.user, credential=credential, nickname=nickname, now=now)
    return redirect("catalog:credential-list")


@signed_in
@require_POST
def credential_recheck(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    services.recheck_credential(request.user, credential=_get(request, pk), now=timezone.now())
    return redirect("catalog:credential-list")


@signed_in
@require_POST
def credential_share(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    is_shared = request.POST.get("is_shared") == "1"
    services.share_credential(
        request.user, credential=_get(request, pk), is_shared=is_shared, now=timezone.now()
    )
    words = _SHARED if is_shared else _UNSHARED
    messages.success(request, words)
    return redirect("catalog:credential-list")


@signed_in
@require_POST
def credential_switch(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    credential, is_on = _get(request, pk), request.POST.get("is_on") == "1"
    switch_built_in(request.user, credential=credential, is_on=is_on, now=timezone.now())
    words = "is now turned on for your team" if is_on else "is now turned off. Its clones are kept"
    messages.success(request, f"{credential.info.label} {words}.")
    return redirect("catalog:credential-list")


@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def credential_remove(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    credential = _get(request, pk)
    if request.method == "POST":
        services.remove_credential(request.user, credential=credential, now=timezone.now())
        messages.success(request, "The key was removed.")
        return redirect("catalog:credential-list")
    may_change = policies.may_remove_credential(request.user, credential)
    context = {"credential": credential, "may_change": may_change}
    return render(
        request, "catalog/credentials/remove.html", context, status=200 if may_change else 403
    )


_SHARED = "Your team can now use this key."
_UNSHARED = (
    "The key is no longer shared. Unless another shared key is for the same account, your team no "
    "longer sees its voices or comparisons with them."
)


def _old_before() -> datetime | None:
    days: int = settings.KEY_AGE_DAYS
    return timezone.now() - timedelta(days=days) if days else None


def _get(request: Request, pk: uuid.UUID) -> Credential:
    try:
        return get_credential(request.user, pk)
    except Credential.DoesNotExist:
        raise Http404 from None
