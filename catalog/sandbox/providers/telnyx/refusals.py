"""How Telnyx refuses: a list of errors, but a map of them where speech is asked for.

https://developers.telnyx.com/development/api-fundamentals/api-errors
"""

from catalog.sandbox.counter import Refusal
from catalog.sandbox.messages import Reply, json_reply

_NOT_FOUND = "The requested resource or URL could not be found."


def error_reply(status: int, code: str, title: str, detail: str, pointer: str = "") -> Reply:
    """Answer with one error in the list."""
    error: dict[str, object] = {"code": code, "title": title, "detail": detail}
    if pointer:
        error["source"] = {"pointer": pointer}
    return json_reply({"errors": [error]}, status)


def refuse(status: int, code: str, title: str, detail: str, pointer: str = "") -> Refusal:
    """Return a refusal with one error in the list."""
    return Refusal(error_reply(status, code, title, detail, pointer))


def invalid(detail: str, pointer: str) -> Refusal:
    """Return the answer to a value that cannot be; ``pointer`` is a path such as /name."""
    return refuse(422, "10027", "Unprocessable entity", detail, pointer)


def not_found(detail: str = _NOT_FOUND) -> Reply:
    """Return the answer for what does not exist."""
    return error_reply(404, "10005", "Resource not found", detail)


def no_such_clone() -> Refusal:
    """Return the answer for a clone that the account does not have."""
    return Refusal(not_found("Voice clone not found"))


def no_such_design() -> Refusal:
    """Return the answer for a voice design that the account does not have."""
    return Refusal(not_found("Voice design not found"))


def unreadable_audio() -> Refusal:
    """Return the answer to an upload that cannot be decoded."""
    detail = "The audio file could not be processed. Supported: WAV, MP3, FLAC, OGG, M4A."
    return refuse(400, "10015", "Bad Request", detail, "/audio_file")


def unfit_for_minimax(seconds: float) -> Refusal:
    """Return the answer to audio that Minimax does not take."""
    detail = f"Minimax needs 10 seconds to 5 minutes of audio, this has {seconds:.1f} seconds."
    return refuse(422, "10038", "Voice clone audio rejected", detail, "/audio_file")


def no_credit() -> Refusal:
    """Return the answer when the balance does not suffice."""
    detail = "You have insufficient funds to perform the requested action."
    return refuse(403, "20100", "Insufficient Funds", detail)


def speech_problem(**problems: str) -> Refusal:
    """Return the answer to a wish for speech that cannot be: a map of fields."""
    return Refusal(
        json_reply({"errors": {name: [text] for name, text in problems.items()}}, status=422)
    )
