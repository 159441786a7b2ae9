"""The request type, the sign-in decorators, and rendering a page or a part of it."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from catalog import policies
from catalog.models import Membership, Team, User
from catalog.queries.teams import find_own_memberships, find_suspended


class Request(HttpRequest):
    """A request of a signed-in user, with htmx details and the user's teams."""

    htmx: HtmxDetails
    user: User
    team: Team
    memberships: list[Membership]


View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Require a user with a team; anyone else is sent to sign in.

    If the team requires two-factor authentication, users without it are sent to set it up.
    """
    return _gate(view, shows_team=True)


def signed_in_for_oneself(view: View) -> View:
    """Require a signed-in user; for pages that show nothing of a team that may be locked."""
    return _gate(view, shows_team=False)


def _gate(view: View, *, shows_team: bool) -> View:
    @wraps(view)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        known = cast(Request, request)
        if not request.user.is_authenticated:
            return _ask_to_sign_in(known)
        # The user itself instead of Django's lazy object, which is slower.
        known.user = cast(User, get_user(request))
        if not hasattr(known, "memberships"):
            known.memberships = find_own_memberships(request.user)
        if not known.memberships:
            return _show_no_team(known)
        known.team = known.memberships[0].team
        if shows_team and policies.lacks_second_factor(known.user, known.team):
            return _ask_for_second_factor(known)
        return view(known, *args, **kwargs)

    return gate


def _show_no_team(request: Request) -> HttpResponseBase:
    if is_partial(request):
        # A swap can't show a whole page.
        return HttpResponse(headers={"HX-Redirect": resolve_url(settings.LOGIN_REDIRECT_URL)})
    context = {"suspended": find_suspended(request.user)}
    return render(request, "catalog/users/no_team.html", context, status=403)


def _ask_for_second_factor(request: Request) -> HttpResponseBase:
    if is_partial(request):
        return HttpResponse(headers={"HX-Redirect": resolve_url("mfa_index")})
    return redirect("mfa_index")


def _ask_to_sign_in(request: Request) -> HttpResponseBase:
    start = resolve_url(settings.LOGIN_REDIRECT_URL)
    if is_partial(request):
        # A swap can't show a whole page: redirect the browser, and return afterwards.
        back = shown_address(request).geturl() or start
        address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
        return HttpResponse(headers={"HX-Redirect": address})
    # Posted data is lost and its URL may not accept GET, so continue at the start page.
    is_safe = request.method in {"GET", "HEAD"}
    return redirect_to_login(request.get_full_path() if is_safe else start)


def shown_address(request: Request) -> SplitResult:
    """Return the path and query that the browser shows; empty if unknown or not ours."""
    try:
        return urlsplit(request.htmx.current_url_abs_path or "")
    except ValueError:
        return urlsplit("")


def referring_page(request: HttpRequest) -> SplitResult:
    """Return the path and query of the referring page; empty if unknown or not ours."""
    try:
        address = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return urlsplit("")
    is_ours = address.netloc == request.get_host() and re.match(r"/(?!/)", address.path)
    return SplitResult("", "", address.path, address.query, "") if is_ours else urlsplit("")


def go_back(request: Request, otherwise: str, anchor: str = "") -> HttpResponseBase:
    """Redirect to the referring page if it is ours, otherwise to ``otherwise``."""
    page = referring_page(request)
    return redirect(page._replace(fragment=anchor).geturl() if page.path else otherwise)


def own_teams(request: Request) -> list[Team]:
    """Return the user's own teams, the current one first."""
    return [membership.team for membership in request.memberships]


def is_partial(request: HttpRequest) -> bool:
    """Return whether htmx asks for only a part of the page."""
    return bool(request.htmx) and request.htmx.request_type == "partial"  # type: ignore[attr-defined]


def render_part(
    request: HttpRequest, *, page: str, part: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render the part for an htmx swap, otherwise the whole page."""
    template = part if is_partial(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response
