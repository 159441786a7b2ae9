"""Telnyx's errors: a list, but for speech requests a map of fields.

https://developers.telnyx.com/development/api-fundamentals/api-errors
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply

_NOT_FOUND = "The requested resource or URL could not be found."


def error_reply(status: int, code: str, title: str, detail: str, pointer: str = "") -> WireResponse:
    """Return a response with one error."""
    error: dict[str, object] = {"code": code, "title": title, "detail": detail}
    if pointer:
        error["source"] = {"pointer": pointer}
    return json_reply({"errors": [error]}, status)


def refuse(status: int, code: str, title: str, detail: str, pointer: str = "") -> ErrorResponse:
    """Return an exception with one error."""
    return ErrorResponse(error_reply(status, code, title, detail, pointer))


def invalid(detail: str, pointer: str) -> ErrorResponse:
    """Return the response to an invalid value; ``pointer`` is a path such as /name."""
    return refuse(422, "10027", "Unprocessable entity", detail, pointer)


def not_found(detail: str = _NOT_FOUND) -> WireResponse:
    """Return the response for a missing resource."""
    return error_reply(404, "10005", "Resource not found", detail)


def no_such_clone() -> ErrorResponse:
    """Return the response for an unknown clone."""
    return ErrorResponse(not_found("Voice clone not found"))


def no_such_design() -> ErrorResponse:
    """Return the response for an unknown voice design."""
    return ErrorResponse(not_found("Voice design not found"))


def unreadable_audio() -> ErrorResponse:
    """Return the response to an upload that can't be decoded."""
    detail = "The audio file could not be processed. Supported: WAV, MP3, FLAC, OGG, M4A."
    return refuse(400, "10015", "Bad Request", detail, "/audio_file")


def unfit_for_minimax(seconds: float) -> ErrorResponse:
    """Return the response to audio that Minimax rejects."""
    detail = f"Minimax needs 10 seconds to 5 minutes of audio, this has {seconds:.1f} seconds."
    return refuse(422, "10038", "Voice clone audio rejected", detail, "/audio_file")


def no_credit() -> ErrorResponse:
    """Return the response to an insufficient balance."""
    detail = "You have insufficient funds to perform the requested action."
    return refuse(403, "20100", "Insufficient Funds", detail)


def speech_problem(**problems: str) -> ErrorResponse:
    """Return the response to an invalid speech request: a map of fields."""
    return ErrorResponse(
        json_reply({"errors": {name: [text] for name, text in problems.items()}}, status=422)
    )
