"""How Telnyx refuses: a list of errors, but a map of them where speech is asked for.

https://developers.telnyx.com/development/api-fundamentals/api-errors
"""

from catalog.sandbox.base_provider import ErrorResponse
from catalog.sandbox.messages import WireResponse, json_reply

_NOT_FOUND = "The requested resource or URL could not be found."


def error_reply(status: int, code: str, title: str, detail: str, pointer: str = "") -> WireResponse:
    """Answer with one error in the list."""
    error: dict[str, object] = {"code": code, "title": title, "detail": detail}
    if pointer:
        error["source"] = {"pointer": pointer}
    return json_reply({"errors": [error]}, status)


def refuse(status: int, code: str, title: str, detail: str, pointer: str = "") -> ErrorResponse:
    """Return a refusal with one error in the list."""
    return ErrorResponse(error_reply(status, code, title, detail, pointer))


def invalid(detail: str, pointer: str) -> ErrorResponse:
    """Return the answer to a value that cannot be; ``pointer`` is a path such as /name."""
    return refuse(422, "10027", "Unprocessable entity", detail, pointer)


def not_found(detail: str = _NOT_FOUND) -> WireResponse:
    """Return the answer for what does not exist."""
    return error_reply(404, "10005", "Resource not found", detail)


def no_such_clone() -> ErrorResponse:
    """Return the answer for a clone that the account does not have."""
    return ErrorResponse(not_found("Voice clone not found"))


def no_such_design() -> ErrorResponse:
    """Return the answer for a voice design that the account does not have."""
    return ErrorResponse(not_found("Voice design not found"))


def unreadable_audio() -> ErrorResponse:
    """Return the answer to an upload that cannot be decoded."""
    detail = "The audio file could not be processed. Supported: WAV, MP3, FLAC, OGG, M4A."
    return refuse(400, "10015", "Bad Request", detail, "/audio_file")


def unfit_for_minimax(seconds: float) -> ErrorResponse:
    """Return the answer to audio that Minimax does not take."""
    detail = f"Minimax needs 10 seconds to 5 minutes of audio, this has {seconds:.1f} seconds."
    return refuse(422, "10038", "Voice clone audio rejected", detail, "/audio_file")


def no_credit() -> ErrorResponse:
    """Return the answer when the balance does not suffice."""
    detail = "You have insufficient funds to perform the requested action."
    return refuse(403, "20100", "Insufficient Funds", detail)


def speech_problem(**problems: str) -> ErrorResponse:
    """Return the answer to a wish for speech that cannot be: a map of fields."""
    return ErrorResponse(
        json_reply({"errors": {name: [text] for name, text in problems.items()}}, status=422)
    )
