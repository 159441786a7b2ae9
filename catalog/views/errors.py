"""Error pages, and error reports without secrets."""

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from catalog.core.database_outages import is_away
from catalog.core.disk_space import is_full
from catalog.views.base.problems import answers_json, respond_problem, respond_status
from catalog.views.base.refusals import log_refusal
from catalog.views.middleware.body_limits import respond_disk_full

if TYPE_CHECKING:  # Logging loads this module before the models.
    from catalog.models import Team


class DeadLink(Http404):
    """The one-time link doesn't work; whether it was used, withdrawn, or wrong is not revealed."""

    def __init__(
        self,
        title: str = "This link no longer works",
        words: str = "It was used, withdrawn, or has expired. Ask for a new link.",
        language: str = "",
    ) -> None:
        super().__init__(title)
        self.title, self.words, self.language = title, words, language


class NotOpen(Http404):
    """The user can't open this page; says whom to ask, or in which of their own teams it is."""

    def __init__(self, title: str, words: str, other_team: "Team | None" = None) -> None:
        super().__init__(title)
        self.title, self.words, self.other_team = title, words, other_team

    @classmethod
    def in_other_team(cls, team: "Team") -> "NotOpen":
        """Return the error for a page of another of the user's own teams."""
        return cls(f"This page belongs to {team}", "You are in another team now.", team)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _show(request, 400, "This request couldn't be read", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    log_refusal(request, "missing right")
    return _show(request, 403, "You don't have permission to do this", "Ask an admin of your team.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DeadLink):
        return _show(request, 404, exception.title, exception.words, language=exception.language)
    if isinstance(exception, NotOpen):
        return _show(request, 404, exception.title, exception.words, exception.other_team)
    words = "It may have been removed, or the address may be wrong."
    return _show(request, 404, "Page not found", words)


def too_many(
    request: HttpRequest,
    title: str = "Too many attempts",
    words: str = "Nothing was changed. Wait a minute, then try again.",
    language: str = "",
) -> HttpResponse:
    log_refusal(request, "too many attempts")
    return _show(request, 429, title, words, language=language)


def server_error(request: HttpRequest) -> HttpResponse:
    problem = sys.exc_info()[1]
    if is_full(problem):
        with contextlib.suppress(DatabaseError, OSError):
            return respond_disk_full(request)
    # Rendered without the request's context, which may be what failed.
    if is_away(problem):
        return _report_outage(request)
    if answers_json(request.path):
        return respond_problem("server-error")
    return HttpResponse(render_to_string("500.html", {"theme": "system"}), status=500)


def _report_outage(request: HttpRequest) -> HttpResponse:
    words = "The database isn't responding. Your last action may not have been completed."
    advice = "Try again in a minute."
    response: HttpResponse
    if answers_json(request.path):
        response = respond_problem("unavailable", f"{words} {advice}")
    elif request.headers.get("X-Upload"):
        response = JsonResponse({"error": f"{words} {advice}"}, status=503)
    else:
        context = {"theme": "system", "words": words, "advice": advice}
        response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = "30"
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    log_refusal(request, "CSRF check")
    words = "Nothing was changed. Reload the page and try again."
    return _show(request, 403, "This page was open for too long", words)


def _show(
    request: HttpRequest,
    status: int,
    title: str,
    words: str,
    other_team: "Team | None" = None,
    language: str = "",
) -> HttpResponse:
    if answers_json(request.path):
        return respond_status(status, "")
    context = {
        "status": status,
        "title": title,
        "words": words,
        "other_team": other_team,
        "language": language,
    }
    return render(request, "error.html", context, status=status)


class PlainExceptionReporter(ExceptionReporter):
    """An error report that lists only places in the code; anything else may contain a key."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Return the places and the type of the error, without values or messages."""
        places = ("filename", "lineno", "function")
        frames = [{key: frame[key] for key in places} for frame in self.get_traceback_frames()]
        kind = self.exc_type.__name__ if self.exc_type else ""
        return {"frames": frames, "exception_type": kind}

    def get_traceback_text(self) -> SafeString:
        """Return the places as text, one per line."""
        data = self.get_traceback_data()
        lines = ["{filename}:{lineno} in {function}".format(**frame) for frame in data["frames"]]
        return escape("\n".join([*lines, data["exception_type"]]))

    def get_traceback_html(self) -> SafeString:
        """Return the same text; there is no detailed HTML report."""
        return self.get_traceback_text()
