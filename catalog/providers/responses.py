"""Provider responses, and the errors that failed responses translate to."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from catalog.providers import errors
from catalog.providers.error_classification import judge_refusal
from catalog.providers.lenient_json import LenientJson
from catalog.providers.sanitize import clean_line
from catalog.providers.types import AudioClip

# One provider reports the price in this header; others may adopt it.
_CHARGED_HEADER = "character-cost"
_LONGEST_PLAIN_TEXT = 500
_AUDIO_TYPES = ("audio/", "application/ogg", "application/octet-stream", "binary/octet-stream")

_KIND_OF_RPC_CODE: dict[int, type[errors.ProviderError]] = {
    5: errors.NotFound,
    16: errors.CredentialRejected,
}
# PERMISSION_DENIED and RESOURCE_EXHAUSTED have several meanings, which their text distinguishes.
_STATUS_OF_RPC_CODE = {7: 403, 8: 429}
# CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, and DATA_LOSS: the call may have
# been carried out.
_UNCLEAR_RPC_CODES = frozenset({1, 2, 4, 13, 14, 15})
# Among 4xx only these may come from a proxy that had already forwarded the request.
_UNCLEAR_STATUSES = frozenset({408, 425})


class UnusableResponse(Exception):
    """A response that can't be used; the message continues after the provider's name."""


@dataclass(frozen=True, slots=True)
class ProviderResponse:
    """A provider's response; ``body`` is its JSON value, None if it is no JSON."""

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)
    body: Any = field(default=None, repr=False)

    @property
    def is_good(self) -> bool:
        """Return whether the status is a success."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The content of a provider's error response; ``kind`` is the matching error class.

    TryLater means that nothing was done, OutcomeUnknown that this is not known.
    """

    kind: type[errors.ProviderError]
    message: str = ""
    code: str = ""
    permission: str = ""
    request_id: str = ""


def read_body(response: httpx.Response, limit: int) -> bytes:
    """Return the content of a response; raises UnusableResponse above ``limit`` bytes."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UnusableResponse("sent a response in an unexpected encoding")
    body = bytearray()
    # Without a chunk size, so that data is counted as it arrives.
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            raise UnusableResponse("sent a response that is too large")
    return bytes(body)


def read_json(text: bytes | str) -> Any:
    """Return the parsed JSON value, None if it is invalid."""
    try:
        # NaN and Infinity are not valid JSON, and the database would reject them.
        return json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None


def looks_like_json(content: bytes) -> bool:
    """Return whether it starts like a JSON object or list; audio never does."""
    return content[:64].lstrip()[:1] in (b"{", b"[")


def plain_text(text: str) -> str:
    """Return a short human-readable text, "" for HTML or a long text."""
    return "" if "<" in text or len(text) > _LONGEST_PLAIN_TEXT else text


def unclear_error(
    message: str, repeatable: bool, status: int | None = None
) -> errors.ProviderError:
    """Return the error for a call that may or may not have been carried out."""
    if repeatable:
        return errors.TryLater(message, status=status)
    words = f"{message} The request may have gone through."
    return errors.OutcomeUnknown(words, status=status)


def refusal_error(label: str, refusal: ErrorBody, status: int) -> errors.ProviderError:
    """Return the error for a documented failure, after which nothing was done."""
    openings: dict[type[errors.ProviderError], str] = {
        errors.CredentialRejected: f"{label} rejected this key",
        errors.PermissionMissing: f"This {label} key lacks a permission",
        errors.LimitReached: f"{label} has no voice slot left",
        errors.OutOfCredit: f"The account at {label} is out of credit",
        errors.NotFound: f"{label} has no such voice",
    }
    opening = openings.get(refusal.kind, f"{label} rejected the request")
    details: dict[str, Any] = {
        "status": status,
        "code": refusal.code,
        "request_id": refusal.request_id,
    }
    if issubclass(refusal.kind, errors.PermissionMissing):
        details["permission"] = refusal.permission
    message = f"{opening}: {refusal.message}" if refusal.message else f"{opening}."
    return refusal.kind(message, **details)


def tidy_refusal(refusal: ErrorBody, tidy: Callable[..., str]) -> ErrorBody:
    """Return the error body with its text sanitized for display."""
    return replace(
        refusal,
        message=tidy(refusal.message),
        code=tidy(refusal.code, 80),
        permission=tidy(refusal.permission, 80),
        request_id=tidy(refusal.request_id, 80),
    )


def status_error(
    label: str, status: int, repeatable: bool, message: str = ""
) -> errors.ProviderError:
    """Return the error for a response that only its status explains."""
    is_open = status < 300 or is_unclear_status(status)
    # A redirect may follow a request that was carried out.
    if is_open or (status < 400 and not repeatable):
        suffix = f": {message.rstrip('.')}" if message else ""
        words = f"{label} returned an error ({status}){suffix}."
        return unclear_error(words, repeatable, status)
    if status == httpx.codes.UNAUTHORIZED:
        return errors.CredentialRejected(f"{label} rejected this key.", status=status)
    if status == httpx.codes.PAYMENT_REQUIRED:
        return errors.OutOfCredit(f"{label} requires a payment first ({status}).", status=status)
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        words = "rejected the request as too large"
    elif status < 400:
        words = "redirected the request, which isn't allowed with a key"
    else:
        # Not NotFound for a 404: without the provider's own error it may be a wrong URL.
        words = "rejected the request without a reason"
    return errors.RequestRejected(f"{label} {words} ({status}).", status=status)


def is_unclear_status(status: int) -> bool:
    """Return whether an error with this status may follow a request that was carried out."""
    return status >= 500 or status in _UNCLEAR_STATUSES


def read_rpc_refusal(status: int, body: Any) -> ErrorBody | None:
    """Return the content of a google.rpc error, bare or under ``error``, None if it is none.

    The error model: https://cloud.google.com/apis/design/errors
    """
    values = body.get("error", body) if isinstance(body, dict) else None
    envelope = LenientJson(values if isinstance(values, dict) else {})
    code, message = envelope.count("code"), envelope.line("message")
    # The gateway's own response for an unknown path: no voice was looked up.
    if not code or (code == 5 and message in ("", "Not Found")):
        return None
    kind = _KIND_OF_RPC_CODE.get(code)
    if code in _UNCLEAR_RPC_CODES:
        kind = errors.OutcomeUnknown
    elif kind is None:
        kind = judge_refusal(_STATUS_OF_RPC_CODE.get(code, status), message)
    return ErrorBody(kind, message, str(code))


def read_sound(reply: ProviderResponse) -> AudioClip | None:
    """Return the audio in a response, with its price if known; None if it is not audio."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not reply.content or not kind.startswith(_AUDIO_TYPES):
        return None
    header = reply.headers.get(_CHARGED_HEADER, "").strip()
    charged = int(header) if header.isascii() and header.isdigit() and len(header) < 10 else None
    return AudioClip(reply.content, clean_line(kind, 80), charged)


def json_body(values: Any) -> dict[str, Any]:
    """Return a JSON request body, escaped to ASCII.

    A lone surrogate from a broken text couldn't be sent otherwise.
    """
    return {"content": json.dumps(values), "headers": {"Content-Type": "application/json"}}


def decode_sound(text: Any) -> bytes:
    """Decode base64 audio; returns b"" if it is invalid."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return b""
