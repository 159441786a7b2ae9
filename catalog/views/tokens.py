"""API tokens: make, renew, and revoke them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.tokens import TokenForm, TokenRenewalForm
from catalog.models import ApiToken
from catalog.queries.tokens import find_tokens
from catalog.services.tokens import TokenEnded, make_token, renew_token, revoke_token
from catalog.views.base.requests import Request, signed_in
from catalog.views.sessions.reauthentication import confirmed


@never_cache
@signed_in
@require_safe
def token_list(request: Request) -> HttpResponseBase:
    return _show_tokens(request)


@never_cache
@sensitive_variables()
@signed_in
@confirmed
@require_POST
def token_create(request: Request) -> HttpResponseBase:
    """Show the secret in the response; it isn't stored and can't be shown again."""
    form = _token_form(request, request.POST)
    if not form.is_valid():
        return _show_tokens(request, 422, form=form)
    secret = make_token(request.user, team=request.team, now=timezone.now(), **form.cleaned_data)
    return _show_tokens(request, secret=secret, name=form.cleaned_data["name"])


@never_cache
@sensitive_variables()
@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def token_renew(request: Request, pk: int) -> HttpResponseBase:
    """Show the new secret in the response; it isn't stored and can't be shown again."""
    token = _get_token(request, pk)
    if not policies.may_renew_token(request.user, token):
        raise PermissionDenied
    if token.revoked_at:
        return _refuse_ended(request)
    form = TokenRenewalForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {"token": token, "form": form}
        return render(request, "catalog/tokens/renew.html", context, status=status)
    now = timezone.now()
    try:
        secret = renew_token(request.user, token=token, now=now, **form.cleaned_data)
    except TokenEnded:
        return _refuse_ended(request)
    return _show_tokens(request, secret=secret, name=token.name)


def _refuse_ended(request: Request) -> HttpResponseBase:
    messages.error(request, "This token was revoked. Make a new one.")
    return redirect("catalog:token-list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: Request, pk: int) -> HttpResponseBase:
    token = _get_token(request, pk)
    if not policies.may_revoke_token(request.user, token):
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "catalog/tokens/revoke.html", {"token": token})
    revoke_token(request.user, token=token, now=timezone.now())
    messages.success(request, f"{token.name} no longer works.")
    return redirect("catalog:token-list")


@sensitive_variables()
def _show_tokens(
    request: Request,
    status: int = 200,
    *,
    form: TokenForm | None = None,
    secret: str = "",
    name: str = "",
) -> HttpResponseBase:
    own, others = find_tokens(request.user, timezone.now())
    context: dict[str, Any] = {
        "own": own,
        "others": others,
        "form": form or _token_form(request),
        "secret": secret,
        "secret_name": name,
    }
    return render(request, "catalog/tokens/list.html", context, status=status)


def _token_form(request: Request, values: Any = None) -> TokenForm:
    return TokenForm(policies.list_scopes(request.memberships[0].role), values)


def _get_token(request: Request, pk: int) -> ApiToken:
    rows = ApiToken.objects.visible_to(request.user).select_related("team", "user")
    return get_object_or_404(rows, pk=pk)
