"""Reject request bodies that are too large or don't fit on the disk, before storing them."""

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

from catalog.core.disk_space import RESERVE_BYTES, is_full
from catalog.core.media_store import MediaUnavailable
from catalog.views.base.downloads import TooManyDownloads
from catalog.views.base.problems import answers_json, respond_status

# Twice the limit of a sample, so the form itself can report a file that is a little too large.
_SPARE = 2
_PIECE_BYTES = 64 * 1024
_DIGITS = re.compile(r"[0-9]{1,15}")


class UploadLimitMiddleware:
    """Answers 413 to bodies larger than any form takes, and 507 if the disk is too full."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or reject it."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not _DIGITS.fullmatch(declared) or int(declared) > settings.SAMPLE_MAX_BYTES * _SPARE:
            most = filesizeformat(settings.SAMPLE_MAX_BYTES)
            words = f"This upload is too large. A sample may have at most {most}."
            return _turn_away(request, 413, "Too large", words)
        # Twice, because the upload is written to a temporary file and then to its final place.
        if request.content_type == "multipart/form-data" and not _has_room(2 * int(declared)):
            return respond_disk_full(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Read the whole body first; answer 507 if a full disk cut it short."""
        if request.content_type == "multipart/form-data":
            request.POST  # noqa: B018  (accessing it reads the body)
        return respond_disk_full(request) if getattr(request, "is_cut_short", False) else None

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Answer 507 if the disk turns out to be full, 503 if the file store doesn't respond."""
        if isinstance(exc, MediaUnavailable):
            words = "The file store isn't responding. Nothing was changed. Try again in a minute."
            return _turn_away(request, 503, "Files can't be reached", words)
        if isinstance(exc, TooManyDownloads):
            words = "Other exports are being downloaded. Try again in a minute."
            return _turn_away(request, 503, "Too many exports", words)
        return respond_disk_full(request) if is_full(exc) else None


class UploadFileHandler(TemporaryFileUploadHandler):
    """Writes an upload to a temporary file; on a full disk, reads the rest and discards it.

    Answering early would look like a broken connection to a browser that is still sending.
    """

    request: Any

    def new_file(self, *args: Any, **options: Any) -> None:
        """Open the temporary file."""
        with self._stopping():
            super().new_file(*args, **options)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write one chunk."""
        with self._stopping():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Flush and return the file."""
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
    """Read the rest of the body; browsers report an early answer as a broken connection."""
    with suppress(OSError):
        while request.read(_PIECE_BYTES):
            pass


def respond_disk_full(request: HttpRequest) -> HttpResponse:
    """Answer 507 with a message, after reading the whole request."""
    _read_to_the_end(request)
    words = "The server's disk is full. Ask your administrator to free up space, then try again."
    return _turn_away(request, 507, "Disk full", words)


def _turn_away(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    if answers_json(request.path):
        return respond_status(status, words)
    if request.headers.get("X-Upload"):
        return JsonResponse({"error": words}, status=status)
    context = {"status": status, "title": title, "words": words, "theme": "system"}
    return render(request, "error.html", context, status=status)
