"""Inworld errors: google.rpc.Status with the HTTP status of its code.

https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply

INVALID_ARGUMENT = 3
NOT_FOUND = 5
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
INTERNAL = 13
UNAVAILABLE = 14
UNAUTHENTICATED = 16

_HTTP = {
    INVALID_ARGUMENT: 400,
    NOT_FOUND: 404,
    PERMISSION_DENIED: 403,
    RESOURCE_EXHAUSTED: 429,
    FAILED_PRECONDITION: 400,
    INTERNAL: 500,
    UNAVAILABLE: 503,
    UNAUTHENTICATED: 401,
}


def status_reply(code: int, message: str, http: int | None = None) -> WireResponse:
    """Return a status response; its HTTP status defaults to that of the code."""
    return json_reply({"code": code, "message": message, "details": []}, http or _HTTP[code])


def invalid(message: str) -> ErrorResponse:
    """Return the response to an invalid request."""
    return ErrorResponse(status_reply(INVALID_ARGUMENT, message))


def no_such_voice(voice_id: str) -> ErrorResponse:
    """Return the response for an unknown voice."""
    return ErrorResponse(status_reply(NOT_FOUND, f"voice not found: {voice_id}"))


def not_yours() -> ErrorResponse:
    """Return the response to changing a built-in voice."""
    message = "SYSTEM voices cannot be changed or deleted"
    return ErrorResponse(status_reply(PERMISSION_DENIED, message))


def no_credit() -> ErrorResponse:
    """Return the response to insufficient credit, for which no code is documented."""
    message = "Insufficient credits. Add credits in the portal to continue."
    return ErrorResponse(status_reply(FAILED_PRECONDITION, message))


def too_many_clones(limit: int) -> ErrorResponse:
    """Return the response to cloning faster than allowed."""
    message = f"Rate limit exceeded: Clone Voice is limited to {limit} requests per minute"
    return ErrorResponse(status_reply(RESOURCE_EXHAUSTED, message))
