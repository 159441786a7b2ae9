"""How StepFun refuses: a message and a type, with the HTTP status that tells most.

https://platform.stepfun.com/docs/zh/api-reference/error-codes
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply

_TROUBLE = {
    451: ("censorship_blocked", "The content you provided or machine outputted is blocked."),
    503: ("engine_overloaded", "The engine is currently overloaded, please try again later."),
}


def failure(status: int, kind: str, message: str) -> WireResponse:
    """Answer that something failed."""
    return json_reply({"error": {"message": message, "type": kind}}, status)


def invalid(message: str) -> ErrorResponse:
    """Return the answer to a request that makes no sense."""
    return ErrorResponse(failure(400, "request_params_invalid", message))


def no_balance() -> ErrorResponse:
    """Return the answer when the balance does not suffice."""
    message = "Your account balance is insufficient. Please recharge."
    return ErrorResponse(failure(402, "quota_exceeded", message))


def not_found() -> WireResponse:
    """Return the answer for a path that does not exist."""
    return failure(404, "not_found", "The requested path does not exist.")


def trouble(status: int, message: str) -> WireResponse:
    """Return the report of trouble that is not the client's fault."""
    kind, worded = _TROUBLE.get(status, ("internal_error", "Internal server error."))
    return failure(status, kind, message or worded)
