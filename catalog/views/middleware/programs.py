"""Programs sign in with tokens only, so no other site can act for a browser that is signed in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from catalog.views.base.problems import answers_json


class ProgramMiddleware:
    """Takes the cookies off a request to the API before anything looks at them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        if answers_json(request.path):
            request.COOKIES = {}
        return self.get_response(request)
