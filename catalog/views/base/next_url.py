"""Where to send a user who switches teams."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def same_place(request: HttpRequest) -> str:
    """Return the URL of the page that the form was on; see ``place_in_team``."""
    return place_in_team(request.POST.get("next", ""), same=bool(request.POST.get("stays")))


def place_in_team(wanted: str, *, same: bool) -> str:
    """Return the URL for the user in another team, or the start page if it isn't one of ours.

    The page of a single object exists in the ``same`` team only; other teams get its list.
    """
    start = reverse("catalog:voice-list")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return start
    parts = urlsplit(wanted)
    try:
        found = resolve(parts.path)
        if same or not found.kwargs:
            return wanted
        section = f"/{parts.path.split('/')[1]}/"
        return section if not resolve(section).kwargs else start
    except Resolver404:
        return start
