"""A page may only act in the team it was rendered for: each request names that team."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static

from catalog.models import Membership, Team
from catalog.queries.teams import find_own_memberships
from catalog.templating.form_token import TEAM_FIELD
from catalog.views.base.next_url import place_in_team
from catalog.views.base.requests import is_partial, referring_page

# The header that scripts send with the CSRF token, and the one with the script of a conflict.
TEAM_HEADER = "X-Team"
CONFLICT_HEADER = "X-Team-Conflict"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_PERSONAL = "It changes the user's account, which is the same in every team."
_FROM_OUTSIDE = "It is for people who are not signed in; no team is involved yet."
# URL names that accept writes without a team, each with the reason.
EXEMPT = {
    "account_login": _FROM_OUTSIDE,
    "account_signup": _FROM_OUTSIDE,
    "account_reset_password": _FROM_OUTSIDE,
    "account_reset_password_from_key": _FROM_OUTSIDE,
    "mfa_authenticate": _FROM_OUTSIDE,
    "catalog:setup": _FROM_OUTSIDE,
    "catalog:password-by-link": _FROM_OUTSIDE,
    "catalog:invitation-join": "The link names the team.",
    "catalog:share-open": _FROM_OUTSIDE,
    "catalog:share-vote": _FROM_OUTSIDE,
    "catalog:team-choose": "It changes the team, and its address names the new one.",
    "catalog:theme-set": "It sets a cookie of this browser.",
    "catalog:session-end": _PERSONAL,
    "catalog:session-end-others": _PERSONAL,
    "account_logout": _PERSONAL,
    "account_reauthenticate": _PERSONAL,
    "account_change_password": _PERSONAL,
    "account_set_password": _PERSONAL,
    "mfa_reauthenticate": _PERSONAL,
    "mfa_activate_totp": _PERSONAL,
    "mfa_deactivate_totp": _PERSONAL,
    "mfa_generate_recovery_codes": _PERSONAL,
}


class PageTeamMiddleware:
    """Rejects requests from a page of one team after the user has switched to another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Answer 409 without acting if the page belongs to another team."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in EXEMPT or not _is_checked(request) or not request.user.is_authenticated:
            return None
        return refuse_other_team(request)


def refuse_other_team(request: HttpRequest) -> HttpResponseBase | None:
    """Return a 409 response if the request's page belongs to another team, otherwise None."""
    request.user = get_user(request)
    memberships = find_own_memberships(request.user)  # type: ignore[arg-type]
    # The view uses these same rows, so nothing can change between this check and the action.
    request.memberships = memberships  # type: ignore[attr-defined]
    if not memberships:
        return None
    named = {request.headers.get(TEAM_HEADER), request.POST.get(TEAM_FIELD)} - {None}
    current = str(memberships[0].team_id)
    # Forms rendered before an upgrade, and other clients, name no team. With a single team, no
    # other can be meant.
    if named == {current} or (not named and len(memberships) == 1):
        return None
    return _show_conflict(request, memberships, named - {current})


def _is_checked(request: HttpRequest) -> bool:
    if request.method not in _SAFE_METHODS:
        return True
    # A part rendered for one team must not be swapped into a page of another.
    return is_partial(request) and TEAM_HEADER in request.headers


def _show_conflict(
    request: HttpRequest, memberships: list[Membership], named: set[str | None]
) -> HttpResponseBase:
    team = memberships[0].team
    # Reveal only the names of the user's own teams.
    page_team = next((each.team for each in memberships if str(each.team_id) in named), None)
    if request.headers.get("X-Upload"):
        return JsonResponse({"error": _say_conflict(team, page_team)}, status=409)
    came_from = referring_page(request).geturl()
    context = {
        "team": team,
        "page_of": page_team,
        "is_named": bool(named),
        "page_address": came_from,
        "there": place_in_team(came_from, same=False),
    }
    template = "_conflict.html" if is_partial(request) else "conflict.html"
    response = render(request, f"catalog/teams/{template}", context, status=409)
    response.headers[CONFLICT_HEADER] = static("js/teams.js")
    return response


def _say_conflict(team: Team, page_team: Team | None) -> str:
    owner = page_team or "none of your teams"
    belongs = f"This page belongs to {owner}"
    back = f"Switch back to {page_team}, or reload the page." if page_team else "Reload the page."
    return f"{belongs}, but you are now in {team}. Nothing was sent. {back}"
