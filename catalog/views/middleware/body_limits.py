"""Turn away bodies that there is no room for before a byte of them is stored."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat

from catalog.core.storage import RESERVE_BYTES, is_full

# Twice the sample's limit: a file that is a little too large is told so in the form itself.
_SPARE = 2
_PIECE_BYTES = 64 * 1024
_DIGITS = re.compile(r"[0-9]{1,15}")


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
            return say_full(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Take the body in before anything reads the form; say if a full disk cut it short."""
        if request.content_type == "multipart/form-data":
            request.POST  # noqa: B018  (to look at it is to read it)
        return say_full(request) if getattr(request, "is_cut_short", False) else None

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Say that the disk is full where that shows only when something is written."""
        return say_full(request) if is_full(exc) else None


class UploadFileHandler(TemporaryFileUploadHandler):
    """Write an upload to a temporary file; when the disk is full, read the rest and forget it.

    A browser that is still sending would take an early answer for a broken connection.
    """

    request: Any

    def new_file(self, *args: Any, **options: Any) -> None:
        """Open the temporary file."""
        with self._stopping():
            super().new_file(*args, **options)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece of it."""
        with self._stopping():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Return the file; what is still in its buffer is written first."""
        with self._stopping():
            self.file.flush()
            return super().file_complete(file_size)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            if not is_full(exc):
                raise
            self.request.is_cut_short = True
            raise StopUpload(connection_reset=False) from None


def _has_room(wanted: int) -> bool:
    return shutil.disk_usage(settings.DATA_DIR).free > wanted + RESERVE_BYTES


def _read_to_the_end(request: HttpRequest) -> None:
    """Let the browser send all of it: answered sooner, it shows a broken connection instead."""
    with suppress(OSError):
        while request.read(_PIECE_BYTES):
            pass


def say_full(request: HttpRequest) -> HttpResponse:
    """Answer 507 in words, once the whole request was read."""
    _read_to_the_end(request)
    words = "The server's disk is full: nothing can be stored. Tell who runs it, then try again."
    return _turn_away(request, 507, "No room left", words)


def _turn_away(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    if request.headers.get("X-Upload"):
        return JsonResponse({"error": words}, status=status)
    context = {"status": status, "title": title, "words": words, "theme": "system"}
    return render(request, "error.html", context, status=status)
