"""Pages for what went wrong, and error reports that hold no secret."""

import contextlib
import sys
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from catalog.core.storage import is_full
from catalog.views.middleware.body_limits import say_full


class DeadLink(Http404):
    """A one-time link was used, taken back or has ended, or never was one: nobody is told which."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _show(request, 400, "This request can't be read", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _show(request, 403, "You may not do this", "Ask an admin of your team.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DeadLink):
        words = "It was used, taken back or has ended. Ask who sent it for another one."
        return _show(request, 404, "This link no longer works", words)
    words = "It may have been removed, or the address has a mistake in it."
    return _show(request, 404, "There is nothing here", words)


def too_many(request: HttpRequest) -> HttpResponse:
    words = "Nothing was changed. Wait a minute, then try again."
    return _show(request, 429, "Too many attempts", words)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_full(sys.exc_info()[1]):
        with contextlib.suppress(DatabaseError, OSError):
            return say_full(request)
    # Drawn without the frame, and so without the request: whatever broke may break that as well.
    return HttpResponse(render_to_string("500.html", {"theme": "system"}), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    words = "Reload the page and try once more; nothing was changed."
    return _show(request, 403, "This page was open for too long", words)


def _show(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    context = {"status": status, "title": title, "words": words}
    return render(request, "error.html", context, status=status)


class PlainExceptionReporter(ExceptionReporter):
    """An error report of places in the code alone: everything else may hold a key."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Return where it happened and the kind of error, without values or messages."""
        places = ("filename", "lineno", "function")
        frames = [{key: frame[key] for key in places} for frame in self.get_traceback_frames()]
        kind = self.exc_type.__name__ if self.exc_type else ""
        return {"frames": frames, "exception_type": kind}

    def get_traceback_text(self) -> SafeString:
        """Return the places as text, one a line."""
        data = self.get_traceback_data()
        lines = ["{filename}:{lineno} in {function}".format(**frame) for frame in data["frames"]]
        return escape("\n".join([*lines, data["exception_type"]]))

    def get_traceback_html(self) -> SafeString:
        """Return the text; there is no page with more."""
        return self.get_traceback_text()
