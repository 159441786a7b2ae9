"""Pages for what went wrong, and error reports that hold no secret."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _show(request, 400, "This request can't be read", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _show(request, 403, "You may not do this", "Ask an admin of your team.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = "It may have been removed, or the address has a mistake in it."
    return _show(request, 404, "There is nothing here", words)


def server_error(request: HttpRequest) -> HttpResponse:
    # Drawn without the frame: whatever broke may break that as well.
    return render(request, "500.html", {"theme": "system"}, status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    words = "Reload the page and try once more; nothing was changed."
    return _show(request, 403, "This page was open for too long", words)


def _show(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    context = {"status": status, "title": title, "words": words}
    return render(request, "error.html", context, status=status)


class PlainExceptionReporter(ExceptionReporter):
    """An error report without local variables, settings or posted fields: a key may be in any."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Return the bare traceback."""
        found = super().get_traceback_data()
        for frame in found.get("frames", []):
            frame["vars"] = []
        kept = ("frames", "exception_type", "exception_value", "lastframe", "raising_view_name")
        return {name: found[name] for name in kept if name in found} | {"frames": found["frames"]}

    def get_traceback_text(self) -> SafeString:
        """Return the traceback as text, without the request's content."""
        data = self.get_traceback_data()
        lines = [
            f"{frame['filename']}:{frame['lineno']} in {frame['function']}"
            for frame in data["frames"]
        ]
        return escape("\n".join([*lines, str(data.get("exception_type", ""))]))

    def get_traceback_html(self) -> SafeString:
        """Return the text; there is no page with more."""
        return self.get_traceback_text()
