"""Compress HTML pages and JSON only; audio is sent in byte ranges and must stay as it is."""

import re

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# A list of voices: 12 kB at this quality; 10 kB at a higher one or with gzip, for 6 times the CPU.
_QUALITY = 1
_LEAST_BYTES = 200
_COMPRESSED = ("text/html", "application/json", "application/problem+json")
_TAKES_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses HTML and JSON; a CSRF token differs in each page, so sizes leak nothing."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress it with Brotli if the client accepts it, otherwise with gzip."""
        if not response.headers.get("Content-Type", "").startswith(_COMPRESSED):
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
        # The page is the same but its bytes differ, so the ETag becomes weak.
        if etag := response.headers.get("ETag", ""):
            response.headers["ETag"] = f"W/{etag.removeprefix('W/')}"
        return response
