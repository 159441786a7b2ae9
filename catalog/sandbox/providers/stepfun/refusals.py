"""StepFun's errors: a message, a type, and the more telling HTTP status.

https://platform.stepfun.com/docs/zh/api-reference/error-codes
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply

_TROUBLE = {
    451: ("censorship_blocked", "The content you provided or machine outputted is blocked."),
    503: ("engine_overloaded", "The engine is currently overloaded, please try again later."),
}


def failure(status: int, kind: str, message: str) -> WireResponse:
    """Return an error response."""
    return json_reply({"error": {"message": message, "type": kind}}, status)


def invalid(message: str) -> ErrorResponse:
    """Return the response to an invalid request."""
    return ErrorResponse(failure(400, "request_params_invalid", message))


def no_balance() -> ErrorResponse:
    """Return the response to an insufficient balance."""
    message = "Your account balance is insufficient. Please recharge."
    return ErrorResponse(failure(402, "quota_exceeded", message))


def not_found() -> WireResponse:
    """Return the response for an unknown path."""
    return failure(404, "not_found", "The requested path does not exist.")


def trouble(status: int, message: str) -> WireResponse:
    """Return a server error."""
    kind, worded = _TROUBLE.get(status, ("internal_error", "Internal server error."))
    return failure(status, kind, message or worded)
