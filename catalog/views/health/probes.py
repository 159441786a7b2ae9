"""Probes for load balancers and supervisors: liveness and readiness."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.queries.health.readiness import find_unready


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return _say("ok", 200)


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    problems, slow = find_unready(timezone.now)
    if problems:
        return _say("\n".join(["not ready", *problems, *slow]), 503)
    return _say("\n".join(["degraded", *slow]) if slow else "ok", 200)


# /healthz is the older name of /readyz.
PROBES = {"/livez": live, "/readyz": ready, "/healthz": ready}


class ProbeMiddleware:
    """Answers probes before any other middleware, because they arrive under any host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or pass the request on."""
        probe = PROBES.get(request.path)
        return self.get_response(request) if probe is None else probe(request)


def _say(words: str, status: int) -> HttpResponse:
    response = HttpResponse(words, content_type="text/plain; charset=utf-8", status=status)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
