"""Turn away bodies that there is no room for before a byte of them is stored."""

import errno
import re
import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat

# Twice the sample's limit: a file that is a little too large is told so in the form itself.
_SPARE = 2
_DIGITS = re.compile(r"[0-9]{1,15}")
# What the database and the queue need to go on while somebody makes room.
_RESERVE_BYTES = 64 * 1024 * 1024
_IS_FULL = {errno.ENOSPC, errno.EDQUOT}


class UploadLimitMiddleware:
    """Answer 413 to a declared body that no form of ours could take, 507 where no room is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or turn it away."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not _DIGITS.fullmatch(declared) or int(declared) > settings.SAMPLE_MAX_BYTES * _SPARE:
            most = filesizeformat(settings.SAMPLE_MAX_BYTES)
            words = f"This upload is too large. A sample may have at most {most}."
            return _turn_away(request, 413, "Too large", words)
        # Twice: it is taken in first, and stored for good then.
        if request.content_type == "multipart/form-data" and not _has_room(2 * int(declared)):
            return _say_full(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Say that the disk is full where that shows only when something is written."""
        is_full = isinstance(exc, OSError) and exc.errno in _IS_FULL
        is_full |= isinstance(exc, OperationalError) and "disk is full" in str(exc)
        return _say_full(request) if is_full else None


def _has_room(wanted: int) -> bool:
    return shutil.disk_usage(settings.DATA_DIR).free > wanted + _RESERVE_BYTES


def _say_full(request: HttpRequest) -> HttpResponse:
    words = "The server's disk is full: nothing can be stored. Tell who runs it, then try again."
    return _turn_away(request, 507, "No room left", words)


def _turn_away(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    if request.headers.get("X-Upload"):
        return JsonResponse({"error": words}, status=status)
    context = {"status": status, "title": title, "words": words, "theme": "system"}
    return render(request, "error.html", context, status=status)
