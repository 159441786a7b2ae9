"""The person's own page, the theme, the first admin, and how sign-in is set up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import login
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.accounts import SetupForm
from catalog.services.accounts import LinkSpent, create_first_admin, setup_link_is_good
from catalog.views.frame import THEME_COOKIE, THEMES
from catalog.views.requests import Request, signed_in


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: people are made by an admin or the set-up link."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Keep sign-up closed."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Let people be sent on to our own pages alone; what is no address is none of ours."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Stay silent: that one is signed in shows by itself."""


@signed_in
@require_safe
def account_detail(request: Request) -> HttpResponseBase:
    context = {"may_make_team": policies.may_make_team(request.user)}
    return render(request, "catalog/accounts/detail.html", context)


@require_POST
def theme_set(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie, so that the server draws the page in it from the start."""
    theme = request.POST.get("theme", "")
    back = request.headers.get("Referer", "")
    if not back.startswith(request.build_absolute_uri("/")):
        back = "/"
    is_script = bool(request.headers.get("X-Fetch"))
    response = HttpResponse(status=204) if is_script else HttpResponseRedirect(back)
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=365 * 24 * 3600, samesite="Lax", httponly=True
        )
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    if not setup_link_is_good(token, now=timezone.now()):
        raise Http404
    form = SetupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "catalog/accounts/setup.html", {"form": form}, status=status)
    try:
        user = create_first_admin(token=token, now=timezone.now(), **form.cleaned_data)
    except LinkSpent:
        raise Http404 from None
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect("catalog:credential-list")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")
