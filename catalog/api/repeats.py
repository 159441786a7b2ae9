"""Repeated requests: with an Idempotency-Key, a request acts once, however often it is sent.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from catalog.models import ApiToken
from catalog.services.tokens import (
    KeyReused,
    Result,
    StillRunning,
    act_once,
    claim_answer,
    drop_answer,
)
from catalog.views.base.problems import ProblemError, respond_problem

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_KEPT_HEADERS = ("Content-Type", "Location")


def answer_once(
    request: HttpRequest, token: ApiToken, act: Callable[[], HttpResponseBase], now: datetime
) -> HttpResponseBase:
    """Return the answer to a request that may have been made before with the same key."""
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        words = "Expected 1 to 255 printable ASCII characters."
        return respond_problem("invalid", errors=[ProblemError(HEADER, words)])
    try:
        held = claim_answer(token=token, key=key, mark=_mark(request), now=now)
        if held.status:
            return _respond(Result(held.status, held.headers, bytes(held.body)), is_replay=True)
        try:
            return _respond(act_once(answer=held, act=lambda: _take(act())))
        except BaseException:
            drop_answer(answer=held)
            raise
    except KeyReused:
        return respond_problem("key-reused")
    except StillRunning:
        return respond_problem("still-running", headers={"Retry-After": "1"})


def _mark(request: HttpRequest) -> str:
    parts = (request.method or "", request.get_full_path(), "")
    return hashlib.sha256("\n".join(parts).encode() + request.body).hexdigest()


def _take(response: HttpResponseBase) -> Result:
    headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    return Result(response.status_code, headers, getattr(response, "content", b""))


def _respond(result: Result, *, is_replay: bool = False) -> HttpResponse:
    response = HttpResponse(result.body, status=result.status, headers=result.headers)
    if is_replay:
        response["Idempotent-Replayed"] = "true"
    return response
