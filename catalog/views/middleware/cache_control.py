"""Keep responses out of caches unless they set a cache policy of their own."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class PrivacyMiddleware:
    """Forbids storing any response that has no Cache-Control header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response
