"""A provider's answer, and the error that an answer other than a good one amounts to."""

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

# The header in which one of them tells the price; others may take the name over.
_CHARGED_HEADER = "character-cost"
_LONGEST_PLAIN_TEXT = 500
_AUDIO_TYPES = ("audio/", "application/ogg", "application/octet-stream", "binary/octet-stream")

_KIND_OF_RPC_CODE: dict[int, type[errors.ProviderError]] = {
    5: errors.NotFound,
    16: errors.CredentialRejected,
}
# PERMISSION_DENIED and RESOURCE_EXHAUSTED stand for several things, which their words tell apart.
_STATUS_OF_RPC_CODE = {7: 403, 8: 429}
# CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and DATA_LOSS: whether the call was
# carried out is open.
_UNCLEAR_RPC_CODES = frozenset({1, 2, 4, 13, 14, 15})
# Of a 4xx only these two may come from a proxy that had passed the request on.
_UNCLEAR_STATUSES = frozenset({408, 425})


class UnusableResponse(Exception):
    """An answer that cannot be used; the message goes on where the provider's name ended."""


@dataclass(frozen=True, slots=True)
class ProviderResponse:
    """A provider's answer as it came; ``body`` is its JSON value, None where it is none."""

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)
    body: Any = field(default=None, repr=False)

    @property
    def is_good(self) -> bool:
        """Tell whether the status says that all went well."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What a provider's own error body says; ``kind`` is the error that it amounts to.

    TryLater as the kind means that nothing was done, OutcomeUnknown that nothing tells.
    """

    kind: type[errors.ProviderError]
    message: str = ""
    code: str = ""
    permission: str = ""
    request_id: str = ""


def read_body(response: httpx.Response, limit: int) -> bytes:
    """Return what an answer holds; raises Unreadable for more than so many bytes."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UnusableResponse("answered in an encoding that was not asked for")
    body = bytearray()
    # Without a chunk size, so that what comes is counted as it comes.
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            raise UnusableResponse("answered with more than can be right")
    return bytes(body)


def read_json(text: bytes | str) -> Any:
    """Return the JSON value that is written there, None if it is none."""
    try:
        # NaN and Infinity are no JSON, and no database would take them.
        return json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None


def looks_like_json(content: bytes) -> bool:
    """Tell whether the first character is that of a JSON object or list; sound never is one."""
    return content[:64].lstrip()[:1] in (b"{", b"[")


def plain_text(text: str) -> str:
    """Return a short text that is meant for people, "" for a page of HTML or a long one."""
    return "" if "<" in text or len(text) > _LONGEST_PLAIN_TEXT else text


def unclear_error(
    message: str, repeatable: bool, status: int | None = None
) -> errors.ProviderError:
    """Return the error for a call of which nothing tells whether it was carried out."""
    if repeatable:
        return errors.TryLater(message, status=status)
    words = f"{message} It may have done what it was asked to do."
    return errors.OutcomeUnknown(words, status=status)


def refusal_error(label: str, refusal: ErrorBody, status: int) -> errors.ProviderError:
    """Return the error for what a provider documents as a refusal: nothing was done."""
    openings: dict[type[errors.ProviderError], str] = {
        errors.CredentialRejected: f"{label} does not accept this key",
        errors.PermissionMissing: f"{label} does not let this key do that",
        errors.LimitReached: f"{label} has no slot left for another voice",
        errors.OutOfCredit: f"The account at {label} is out of credit",
        errors.NotFound: f"{label} does not know this voice",
    }
    opening = openings.get(refusal.kind, f"{label} refused")
    told: dict[str, Any] = {
        "status": status,
        "code": refusal.code,
        "request_id": refusal.request_id,
    }
    if issubclass(refusal.kind, errors.PermissionMissing):
        told["permission"] = refusal.permission
    message = f"{opening}: {refusal.message}" if refusal.message else f"{opening}."
    return refusal.kind(message, **told)


def tidy_refusal(refusal: ErrorBody, tidy: Callable[..., str]) -> ErrorBody:
    """Return the refusal with all of its words fit to be shown."""
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
    """Return the error for an answer of which only the status tells what it amounts to."""
    is_open = status < 300 or is_unclear_status(status)
    # A redirection may be the answer to a request that was carried out.
    if is_open or (status < 400 and not repeatable):
        told = f": {message.rstrip('.')}" if message else ""
        words = f"{label} answered with an error ({status}){told}."
        return unclear_error(words, repeatable, status)
    if status == httpx.codes.UNAUTHORIZED:
        return errors.CredentialRejected(f"{label} does not accept this key.", status=status)
    if status == httpx.codes.PAYMENT_REQUIRED:
        return errors.OutOfCredit(f"{label} asks for a payment first ({status}).", status=status)
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        words = "refused: what was sent is too large"
    elif status < 400:
        words = "sent us to another address, where the key must not go"
    else:
        # Not NotFound for a 404: without the provider's own words it may be a wrong address.
        words = "refused without saying why"
    return errors.RequestRejected(f"{label} {words} ({status}).", status=status)


def is_unclear_status(status: int) -> bool:
    """Tell whether an error with this status may follow a request that was carried out."""
    return status >= 500 or status in _UNCLEAR_STATUSES


def read_rpc_refusal(status: int, body: Any) -> ErrorBody | None:
    """Return what an error of google.rpc says, bare or under ``error``, None if it is none.

    The model: https://cloud.google.com/apis/design/errors
    """
    values = body.get("error", body) if isinstance(body, dict) else None
    told = LenientJson(values if isinstance(values, dict) else {})
    code, message = told.count("code"), told.line("message")
    # The gateway's own words for an address that it does not have: nothing was looked up.
    if not code or (code == 5 and message in ("", "Not Found")):
        return None
    kind = _KIND_OF_RPC_CODE.get(code)
    if code in _UNCLEAR_RPC_CODES:
        kind = errors.OutcomeUnknown
    elif kind is None:
        kind = judge_refusal(_STATUS_OF_RPC_CODE.get(code, status), message)
    return ErrorBody(kind, message, str(code))


def read_sound(reply: ProviderResponse) -> AudioClip | None:
    """Return the sound that an answer is, with its price if that is told; None if it is none."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not reply.content or not kind.startswith(_AUDIO_TYPES):
        return None
    told = reply.headers.get(_CHARGED_HEADER, "").strip()
    charged = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None
    return AudioClip(reply.content, clean_line(kind, 80), charged)


def json_body(values: Any) -> dict[str, Any]:
    """Return a JSON body for a request, escaped down to ASCII.

    Half a letter, as a broken text may bring one along, would not let itself be sent else.
    """
    return {"content": json.dumps(values), "headers": {"Content-Type": "application/json"}}


def decode_sound(text: Any) -> bytes:
    """Return the bytes of a base64 text, none if it is no such text."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return b""
