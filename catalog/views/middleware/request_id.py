"""Give every request a number, and tell the log where an act came from."""

import secrets
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import lazy

from catalog.audit import Origin, acting_from


class OriginMiddleware:
    """Number the request, and name the number in its answer, for whoever asks about it later."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        number = secrets.token_hex(6)
        with acting_from(Origin(number, _address_when_asked(request))):
            response = self.get_response(request)
        response["X-Request-Id"] = number
        return response


def _find_address(request: HttpRequest) -> str:
    try:
        # The address that sign-in is throttled by: behind a proxy, the one that the proxy names.
        return str(get_adapter().get_client_ip(request))[:45]
    except (PermissionDenied, ImproperlyConfigured):
        return ""


# Only the log asks, and most requests write nothing into it.
_address_when_asked = lazy(_find_address, str)
