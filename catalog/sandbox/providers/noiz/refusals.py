"""Noiz errors: an HTTP status, repeated as ``code`` in the body.

https://developers.noiz.ai/docs-overview
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply


def failure(status: int, message: str) -> WireResponse:
    """Return an error response."""
    return json_reply({"code": status, "message": message}, status)


def success(data: object) -> WireResponse:
    """Return data; code 0 in a 200 means success."""
    return json_reply({"code": 0, "message": "success", "data": data})


def invalid(message: str) -> ErrorResponse:
    """Return the response to an invalid request."""
    return ErrorResponse(failure(400, message))


def no_such_voice() -> ErrorResponse:
    """Return the response for an unknown voice."""
    return ErrorResponse(failure(404, "Voice not found"))


def no_credit() -> ErrorResponse:
    """Return the response when the monthly quota is used up."""
    return ErrorResponse(failure(402, "Insufficient credits. Please upgrade your plan."))
