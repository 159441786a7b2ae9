"""Turn away bodies that are too large before a byte of them is stored."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat

# Twice the sample's limit: a file that is a little too large is told so in the form itself.
_SPARE = 2
_DIGITS = re.compile(r"[0-9]{1,15}")


class UploadLimitMiddleware:
    """Answer 413 to a request whose declared body no form of ours could take."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or turn it away."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if _DIGITS.fullmatch(length) and int(length) <= settings.SAMPLE_MAX_BYTES * _SPARE:
            return self.get_response(request)
        most = filesizeformat(settings.SAMPLE_MAX_BYTES)
        words = f"This upload is too large. A sample may have at most {most}."
        if request.headers.get("X-Upload"):
            return JsonResponse({"error": words}, status=413)
        context = {"status": 413, "title": "Too large", "words": words, "theme": "system"}
        return render(request, "error.html", context, status=413)
