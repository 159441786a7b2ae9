"""Give every request an id, and record where an action came from."""

import secrets
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import lazy

from catalog.audit import Origin, acting_from


class OriginMiddleware:
    """Assigns the request id and returns it in X-Request-Id, for support questions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        number = secrets.token_hex(6)
        agent = request.headers.get("User-Agent", "")
        with acting_from(Origin(number, _address_when_asked(request), agent)):
            response = self.get_response(request)
        response["X-Request-Id"] = number
        return response


def _find_address(request: HttpRequest) -> str:
    try:
        # The client address that rate limits use: behind a proxy, the one that the proxy reports.
        return str(get_adapter().get_client_ip(request))[:45]
    except (PermissionDenied, ImproperlyConfigured):
        return ""


# Only the audit log needs it, and most requests don't write to the log.
_address_when_asked = lazy(_find_address, str)
