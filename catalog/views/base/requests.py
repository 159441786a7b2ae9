"""Our request type, the sign-in gate, and the choice between a page and a part of it."""

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
from catalog.queries.teams import find_own_memberships
from catalog.queries.voices.list_context import ListContext, get_list_context


class Request(HttpRequest):
    """A request of somebody who signed in, with what htmx says about it."""

    htmx: HtmxDetails
    user: User
    team: Team
    memberships: list[Membership]
    around: ListContext


View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Let only people with an account and a team in; everybody else is asked to sign in.

    Where the team demands a second factor, who has none is led to set it up.
    """
    return _gate(view, shows_team=True)


def signed_in_for_oneself(view: View) -> View:
    """Let people in whose team may be shut to them: the page shows nothing of a team."""
    return _gate(view, shows_team=False)


def _gate(view: View, *, shows_team: bool) -> View:
    @wraps(view)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        known = cast(Request, request)
        if not request.user.is_authenticated:
            return _ask_to_sign_in(known)
        # The person, and not what stands in for them until somebody asks: that takes longer.
        known.user = cast(User, get_user(request))
        if not hasattr(known, "memberships"):
            known.memberships = find_own_memberships(request.user)
        if not known.memberships:
            return render(request, "catalog/users/no_team.html", status=403)
        known.team = known.memberships[0].team
        if shows_team and policies.lacks_second_factor(known.user, known.team):
            return _ask_for_second_factor(known)
        return view(known, *args, **kwargs)

    return gate


def _ask_for_second_factor(request: Request) -> HttpResponseBase:
    if is_partial(request):
        return HttpResponse(headers={"HX-Redirect": resolve_url("mfa_index")})
    return redirect("mfa_index")


def _ask_to_sign_in(request: Request) -> HttpResponseBase:
    start = resolve_url(settings.LOGIN_REDIRECT_URL)
    if is_partial(request):
        # A swap cannot show a whole page: let the browser go there, and come back afterwards.
        back = shown_address(request).geturl() or start
        address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
        return HttpResponse(headers={"HX-Redirect": address})
    # What was posted is lost, and its address cannot be looked at: go on from the start.
    is_safe = request.method in {"GET", "HEAD"}
    return redirect_to_login(request.get_full_path() if is_safe else start)


def list_context_of(request: Request) -> ListContext:
    """Return what stands around the person's list, looked at once for a request."""
    if not hasattr(request, "around"):
        request.around = get_list_context(request.user)
    return request.around


def shown_address(request: Request) -> SplitResult:
    """Return path and query that the browser shows, empty when they are not told or not ours."""
    try:
        return urlsplit(request.htmx.current_url_abs_path or "")
    except ValueError:
        return urlsplit("")


def referring_page(request: HttpRequest) -> SplitResult:
    """Return path and query of the page that the form was on, empty when unknown or not ours."""
    try:
        address = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return urlsplit("")
    is_ours = address.netloc == request.get_host() and re.match(r"/(?!/)", address.path)
    return SplitResult("", "", address.path, address.query, "") if is_ours else urlsplit("")


def go_back(request: Request, otherwise: str, anchor: str = "") -> HttpResponseBase:
    """Lead to the page that the form was on, as far as the browser tells it and it is ours."""
    page = referring_page(request)
    return redirect(page._replace(fragment=anchor).geturl() if page.path else otherwise)


def is_partial(request: HttpRequest) -> bool:
    """Tell whether only a part of the page is to be swapped."""
    return bool(request.htmx) and request.htmx.request_type == "partial"  # type: ignore[attr-defined]


def render_part(
    request: HttpRequest, *, page: str, part: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render the part for an htmx swap and the whole page for anyone else."""
    template = part if is_partial(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response
