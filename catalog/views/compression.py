"""Compress pages, and nothing else: sound is sent in ranges of its own bytes."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageGzipMiddleware(GZipMiddleware):
    """Compress HTML; the CSRF token in it is masked anew each time, so its size tells nothing."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress the answer if it is a page."""
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
