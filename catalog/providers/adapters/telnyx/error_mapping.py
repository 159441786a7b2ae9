"""Maps Telnyx errors: a list of errors, or messages per field.

The codes: https://developers.telnyx.com/development/api-fundamentals/api-errors
Those of clones: https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/errors
"""

from typing import Any

from catalog.providers import errors
from catalog.providers.error_classification import judge_refusal
from catalog.providers.lenient_json import LenientJson
from catalog.providers.responses import ErrorBody
from catalog.providers.sanitize import clean_line

_KIND_OF_CODE: dict[str, type[errors.ProviderError]] = {
    "10005": errors.NotFound,
    "10009": errors.CredentialRejected,
    "10010": errors.PermissionMissing,
    "10011": errors.TryLater,
    "20100": errors.OutOfCredit,
    # From the vendor: the recording, or an unverified account; never the key.
    "10038": errors.RequestRejected,
}


def read_telnyx_refusal(status: int, body: Any) -> ErrorBody | None:
    """Return the content of an error response, None if its form is not documented."""
    listed = body.get("errors") if isinstance(body, dict) else None
    if isinstance(listed, dict):
        message = "; ".join(filter(None, map(_say_field, list(listed.items())[:5])))
        return ErrorBody(judge_refusal(status, message), message, "validation") if message else None
    entries = [LenientJson(entry) for entry in listed[:5]] if isinstance(listed, list) else []
    message = "; ".join(filter(None, map(_say_entry, entries)))
    code = next(filter(None, (entry.identifier("code", 20) for entry in entries)), "")
    if not message and not code:
        return None
    kind = _KIND_OF_CODE.get(code) or judge_refusal(status, message)
    # The same code is used for unknown URLs, so it doesn't prove that a voice is gone.
    if kind is errors.NotFound and (status != 404 or "URL" in message):
        kind = errors.RequestRejected
    return ErrorBody(kind, message, code)


def _say_entry(entry: LenientJson) -> str:
    words = entry.line("detail") or entry.line("title")
    place = entry.object("source").line("pointer", 80).strip("/")
    return f"{place}: {words}" if place and words else words


def _say_field(field: tuple[str, Any]) -> str:
    name, words = field
    reasons = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    return f"{clean_line(name, 80)}: {clean_line(reasons[0], 300)}" if reasons else ""
