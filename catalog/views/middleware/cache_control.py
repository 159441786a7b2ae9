"""Keep what we answer out of caches, except for what says itself how it may be kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class PrivacyMiddleware:
    """Forbid browsers to store an answer that has no rule of its own for caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response
