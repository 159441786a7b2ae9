"""Template context of every page: navigation, teams, and theme."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from catalog import policies
from catalog.models import Membership, User
from catalog.queries.comparisons import find_tray
from catalog.queries.notifications import look_at_bell
from catalog.queries.teams import find_own_memberships
from catalog.queries.users.start import shows_start
from catalog.templating.form_token import draw_form_fields
from catalog.views.base.requests import is_partial
from catalog.views.comparisons.tray import read_tray

THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"
_NEXT_THEMES = {"dark": "light"}


def _find_memberships(request: HttpRequest) -> list[Membership]:
    # An error page may be rendered before any view ran, and still shows the user's navigation.
    known: list[Membership] | None = getattr(request, "memberships", None)
    user = getattr(request, "user", None)
    if known is None and user is not None and user.is_authenticated:
        return find_own_memberships(user)
    return known or []


# Templates may use these on every page, even when no one is signed in.
_BARE: dict[str, Any] = {
    "page_team": None,
    "shut_team": None,
    "own_teams": [],
    "navigation": [],
    "rail_only": [],
    "may_speak": False,
    "may_clone": False,
    "may_add_key": False,
    "tray_ids": [],
}


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of base.html; a swapped part gets only what parts need."""
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    theme = theme if theme in THEMES else "system"
    memberships = _find_memberships(request)
    form_team = memberships[0].team if memberships else None
    frame: dict[str, Any] = {
        **_BARE,
        "theme": theme,
        "company": settings.OIDC_LABEL,
        "company_only": settings.OIDC_ONLY,
        "next_theme": _NEXT_THEMES.get(theme, "dark"),
        "csrf_input": SimpleLazyObject(lambda: draw_form_fields(get_token(request), form_team)),
    }
    if not memberships:
        return frame
    user, team = cast(User, request.user), memberships[0].team
    frame["page_team"] = team
    if policies.lacks_second_factor(user, team):
        # Show nothing of this team, only the way to switch to another one.
        return {**frame, "shut_team": team, "own_teams": [each.team for each in memberships]}
    # Evaluated only by pages that show what depends on them.
    frame["may_speak"] = SimpleLazyObject(lambda: policies.may_speak(user, team))
    frame["may_clone"] = SimpleLazyObject(lambda: policies.may_clone(user, team))
    frame["may_add_key"] = SimpleLazyObject(lambda: policies.may_add_credential(user, team))
    frame["tray_ids"] = read_tray(request)
    if is_partial(request):
        return frame
    frame["tray"] = find_tray(user, frame["tray_ids"])
    # Where a switch of team leads depends on the page; see next_url.py.
    frame["own_teams"] = [membership.team for membership in memberships]
    frame["here"] = request.get_full_path() if request.method == "GET" else ""
    links = [
        ("catalog:voice-list", "audio-lines", "Voices", ""),
        ("catalog:collection-list", "folder-heart", "Collections", ""),
        ("catalog:comparison-create", "git-compare-arrows", "Compare", ""),
        ("catalog:clone-create", "mic", "Clone", ""),
        ("catalog:job-list", "list-checks", "Jobs", "rail-only"),
        ("catalog:credential-list", "key-round", "Keys", "rail-only"),
        ("catalog:cleanup-list", "eraser", "Cleanup", "rail-only"),
        ("catalog:member-list", "users", "Team", "rail-only"),
    ]
    closed = set()
    if not policies.may_clone(user, team):
        closed.add("catalog:clone-create")
    if not policies.may_delete_voices(user, team):
        closed.add("catalog:cleanup-list")
    if shows_start(user):
        links.insert(0, ("catalog:start-detail", "wand-sparkles", "Start", "rail-only"))
    frame["navigation"] = [
        (reverse(name), icon, label, where, request.path.startswith(reverse(name)))
        for name, icon, label, where in links
        if name not in closed
    ]
    frame["bell"] = look_at_bell(request.user)  # type: ignore[arg-type]
    frame["is_account"] = request.path.startswith(reverse("catalog:account-detail"))
    # A phone's tab bar has no room for these; its last button opens them.
    frame["rail_only"] = [link for link in frame["navigation"] if link[3] == "rail-only"]
    return frame
