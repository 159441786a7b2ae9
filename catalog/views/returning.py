"""Where somebody goes on who went to another team."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def same_place(request: HttpRequest) -> str:
    """Return the address of the page that the form stood on, with its filters.

    A page about one thing is the other team's no more: then the list of such things.
    """
    start = reverse("catalog:voice-list")
    wanted = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return start
    parts = urlsplit(wanted)
    try:
        found = resolve(parts.path)
        if not found.kwargs:
            return wanted
        section = f"/{parts.path.split('/')[1]}/"
        return section if not resolve(section).kwargs else start
    except Resolver404:
        return start
