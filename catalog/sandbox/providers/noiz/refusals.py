"""How Noiz refuses: an HTTP status, and the same number as ``code`` in the body.

https://developers.noiz.ai/docs-overview
"""

from catalog.sandbox.counter import Refusal
from catalog.sandbox.messages import Reply, json_reply


def failure(status: int, message: str) -> Reply:
    """Answer that something failed."""
    return json_reply({"code": status, "message": message}, status)


def success(data: object) -> Reply:
    """Answer with data; inside a 200, code 0 says that it went well."""
    return json_reply({"code": 0, "message": "success", "data": data})


def invalid(message: str) -> Refusal:
    """Return the answer to a request that makes no sense."""
    return Refusal(failure(400, message))


def no_such_voice() -> Refusal:
    """Return the answer for a voice that the account does not have."""
    return Refusal(failure(404, "Voice not found"))


def no_credit() -> Refusal:
    """Return the answer when the monthly quota is used up."""
    return Refusal(failure(402, "Insufficient credits. Please upgrade your plan."))
