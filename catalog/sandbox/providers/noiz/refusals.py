"""How Noiz refuses: an HTTP status, and the same number as ``code`` in the body.

https://developers.noiz.ai/docs-overview
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply


def failure(status: int, message: str) -> WireResponse:
    """Return an error response."""
    return json_reply({"code": status, "message": message}, status)


def success(data: object) -> WireResponse:
    """Answer with data; inside a 200, code 0 says that it went well."""
    return json_reply({"code": 0, "message": "success", "data": data})


def invalid(message: str) -> ErrorResponse:
    """Return the response to an invalid request."""
    return ErrorResponse(failure(400, message))


def no_such_voice() -> ErrorResponse:
    """Return the answer for a voice that the account does not have."""
    return ErrorResponse(failure(404, "Voice not found"))


def no_credit() -> ErrorResponse:
    """Return the answer when the monthly quota is used up."""
    return ErrorResponse(failure(402, "Insufficient credits. Please upgrade your plan."))
