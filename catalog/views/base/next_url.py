"""Where somebody goes on who went to another team."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def same_place(request: HttpRequest) -> str:
    """Return the address of the page that the form was on, as place_in_team says."""
    return place_in_team(request.POST.get("next", ""), same=bool(request.POST.get("stays")))


def place_in_team(wanted: str, *, same: bool) -> str:
    """Return the address of a page of ours, with its filters, for somebody in another team.

    A page about one thing belongs to the ``same`` team only; in another, its list is shown.
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
