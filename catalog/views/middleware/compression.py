"""Compress pages, and nothing else: sound is sent in ranges of its own bytes."""

import re

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# A list of voices is 12 kB with this one, and 10 with gzip or a higher one, for six times the work.
_QUALITY = 1
_LEAST_BYTES = 200
_TAKES_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class PageCompressionMiddleware(GZipMiddleware):
    """Compress HTML; the CSRF token in it is masked anew each time, so its size tells nothing."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress the answer if it is a page: by Brotli where that is taken, else by gzip."""
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        is_taken = _TAKES_BROTLI.search(request.headers.get("Accept-Encoding", ""))
        if not is_taken or not isinstance(response, HttpResponse):
            return super().process_response(request, response)
        if len(response.content) < _LEAST_BYTES or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        response.content = brotli.compress(response.content, quality=_QUALITY)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        # The same page, but no longer the same bytes.
        if etag := response.headers.get("ETag", ""):
            response.headers["ETag"] = f"W/{etag.removeprefix('W/')}"
        return response
