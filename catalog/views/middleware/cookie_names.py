"""Behind TLS, every cookie has the prefix __Host-, so no other host can set or overwrite it.

Django and allauth name their own cookies by settings. This gives the prefix to the others, whose
names are fixed in Django or used in several places here.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

PREFIX = "__Host-"
_NAMES = ("theme", "region", "timezone", "browser_timezone", "messages", "visitor")


class CookieNameMiddleware:
    """Adds the prefix to cookies on their way out, and removes it on their way in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        if not settings.IS_BEHIND_TLS:
            return self.get_response(request)
        for name in _NAMES:
            request.COOKIES.pop(name, None)
            if (value := request.COOKIES.get(f"{PREFIX}{name}")) is not None:
                request.COOKIES[name] = value
        response = self.get_response(request)
        for name in _NAMES:
            if cookie := response.cookies.pop(name, None):
                options = {key: value for key, value in cookie.items() if value}
                response.cookies[f"{PREFIX}{name}"] = cookie.value
                response.cookies[f"{PREFIX}{name}"].update({**options, "secure": True})
        return response
