"""Errors for programs, as problem documents: https://www.rfc-editor.org/rfc/rfc9457."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from django.http import HttpResponse

# Under these, every answer is for a program, also those by middleware and error handlers.
_FOR_PROGRAMS = ("/api/v1/",)
_BY_STATUS = {
    400: "bad-request",
    403: "missing-right",
    404: "not-found",
    413: "too-large",
    429: "too-many-requests",
    500: "server-error",
    503: "unavailable",
    507: "disk-full",
}


class ProblemKind(NamedTuple):
    """A kind of error: its status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS = {
    "bad-request": ProblemKind(
        400, "The request couldn't be read", "Check its address, its headers, and its body."
    ),
    "not-json": ProblemKind(
        400, "The body isn't JSON", "Send a JSON object in UTF-8, without half characters."
    ),
    "bad-cursor": ProblemKind(
        400, "The cursor isn't valid", "Send a cursor exactly as an answer gave it to you."
    ),
    "cursor-other-list": ProblemKind(
        400,
        "The cursor belongs to another list",
        "Repeat all parameters of the first request with each cursor, or start without one.",
    ),
    "no-token": ProblemKind(
        401,
        "A valid token is needed",
        "Send a token in the header Authorization: Bearer. Make one on Account → API tokens. A"
        " token ends when it expires, is revoked, or its person can't open the team anymore.",
    ),
    "missing-scope": ProblemKind(
        403,
        "The token doesn't have this scope",
        "Make a token with this scope. If it has the scope, its person's role doesn't allow it.",
    ),
    "missing-right": ProblemKind(
        403, "The token's person may not do this", "Ask an admin of the team."
    ),
    "second-factor-needed": ProblemKind(
        403,
        "The team requires two-factor authentication",
        "The token's person sets it up on Account. Then the token works again.",
    ),
    "not-found": ProblemKind(
        404,
        "There is no such thing",
        "Check the address. What the token's person can't see doesn't exist for the token.",
    ),
    "method-not-allowed": ProblemKind(
        405, "This address doesn't have this method", "The header Allow lists the methods it has."
    ),
    "not-acceptable": ProblemKind(
        406, "This address doesn't send that format", "Accept application/json, or anything."
    ),
    "already-sent": ProblemKind(
        409,
        "The text was already sent to the provider",
        "What was sent may be charged, so it can't be canceled anymore.",
    ),
    "not-possible": ProblemKind(
        409, "This can't be done now", "The detail says why. Get it again to see its state."
    ),
    "still-running": ProblemKind(
        409,
        "The first request with this Idempotency-Key is still running",
        "Wait a second, then repeat it to get its answer.",
    ),
    "changed-meanwhile": ProblemKind(
        412, "It was changed meanwhile", "Get it again, and use its new ETag in If-Match."
    ),
    "too-large": ProblemKind(413, "The request is too large", "Send less at once."),
    "wrong-type": ProblemKind(
        415, "The body has another format", "Send Content-Type: application/json."
    ),
    "key-reused": ProblemKind(
        422,
        "The Idempotency-Key belongs to another request",
        "Use a new key for each request, and the same one only to repeat it.",
    ),
    "cannot-speak": ProblemKind(
        422,
        "The text can't be spoken now",
        "The detail says why: the voice, the key, a limit, or a budget.",
    ),
    "invalid": ProblemKind(
        422,
        "The request has values that can't be used",
        "Each of the errors names a parameter or field, and what is expected there.",
    ),
    "too-many-requests": ProblemKind(
        429, "Too many requests", "Wait as many seconds as the header Retry-After says."
    ),
    "server-error": ProblemKind(
        500,
        "Voiceboard failed",
        "Try again later. If it happens again, give the request id to the server's operator.",
    ),
    "unavailable": ProblemKind(503, "Voiceboard can't answer now", "Try again in a minute."),
    "disk-full": ProblemKind(507, "The server's disk is full", "Ask the server's operator."),
}


class ProblemError(msgspec.Struct, frozen=True):
    """One value that can't be used: where it is, and what is wrong with it."""

    at: str
    detail: str


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. The type is the address of a page that explains it."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[ProblemError] = []


class RequestRefused(Exception):
    """A request that a program can't make; ``slug`` is the kind of problem."""

    def __init__(self, slug: str, detail: str = "") -> None:
        super().__init__(slug)
        self.slug, self.detail = slug, detail


def answers_json(path: str) -> bool:
    """Return whether a program asks here, so that errors are JSON instead of pages."""
    return path.startswith(_FOR_PROGRAMS)


def respond_problem(
    slug: str,
    detail: str = "",
    *,
    errors: Iterable[ProblemError] = (),
    headers: Mapping[str, str] | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Return an error of this kind."""
    from catalog.audit import current_request_number  # noqa: PLC0415  (logging loads this first)

    kind = KINDS[slug]
    document = ProblemDocument(
        type=f"/api/problems/{slug}",
        title=kind.title,
        status=status or kind.status,
        detail=detail or kind.advice,
        request_id=current_request_number(),
        errors=list(errors),
    )
    response = HttpResponse(
        msgspec.json.encode(document),
        status=document.status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", "Vary": "Authorization"},
    )
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def respond_status(status: int, detail: str) -> HttpResponse:
    """Return an error for a status that doesn't come from the API's own code."""
    return respond_problem(_BY_STATUS.get(status, "bad-request"), detail, status=status)
