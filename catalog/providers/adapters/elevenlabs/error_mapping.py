"""Maps ElevenLabs errors, which come in four forms under ``detail``.

The errors: https://elevenlabs.io/docs/eleven-api/resources/errors
"""

import re
from typing import Any

from catalog.providers import errors
from catalog.providers.error_classification import judge_refusal, speaks_of_plan
from catalog.providers.lenient_json import LenientJson
from catalog.providers.responses import ErrorBody

_KINDS: dict[str, type[errors.ProviderError]] = {
    "invalid_api_key": errors.CredentialRejected,
    "missing_api_key": errors.CredentialRejected,
    "needs_authorization": errors.CredentialRejected,
    "missing_permissions": errors.PermissionMissing,
    "insufficient_permissions": errors.PermissionMissing,
    "quota_exceeded": errors.OutOfCredit,
    "insufficient_credits": errors.OutOfCredit,
    "voice_limit_reached": errors.LimitReached,
    "max_voice_limit_reached": errors.LimitReached,
    "professional_voice_limit_reached": errors.LimitReached,
    "not_found": errors.NotFound,
    "voice_not_found": errors.NotFound,
    "voice_does_not_exist": errors.NotFound,
    "sample_not_found": errors.NotFound,
    "invalid_uid": errors.NotFound,
    # These also come with a 401, but the key is fine.
    # https://help.elevenlabs.io/hc/en-us/articles/19572237925521-API-Error-Code-400-or-401
    "max_character_limit_exceeded": errors.RequestRejected,
    "payment_issue": errors.RequestRejected,
    "detected_unusual_activity": errors.RequestRejected,
    "rate_limit_exceeded": errors.TryLater,
    "concurrent_limit_exceeded": errors.TryLater,
    "too_many_concurrent_requests": errors.TryLater,
    "system_busy": errors.TryLater,
}
# These say no more than the HTTP status; then the older field or the message decides.
_GENERAL = frozenset(
    {"", "unauthorized", "forbidden", "authentication_error", "authorization_error", "bad_request"}
)
_PERMISSION = re.compile(r"permissions? ([a-z]+_[a-z_]+)")


def read_elevenlabs_refusal(status: int, body: Any) -> ErrorBody | None:
    """Return the content of an error response, None if its form is not documented."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, dict):
        return _read_object(status, detail)
    if isinstance(detail, list):
        return _read_list(detail)
    return _read_text(status, detail) if isinstance(detail, str) else None


def _read_object(status: int, values: dict[str, Any]) -> ErrorBody | None:
    detail = LenientJson(values)
    code, message = _pick_code(detail), detail.line("message")
    if not code and not message:
        return None
    permission = _PERMISSION.search(message) if status in (401, 403) else None
    if permission:
        kind: type[errors.ProviderError] = errors.PermissionMissing
    else:
        kind = _KINDS.get(code) or _judge_unknown(status, code, message)
    return ErrorBody(
        kind=kind,
        message=message or code.replace("_", " "),
        code=code,
        permission=permission[1] if permission else "",
        request_id=detail.line("request_id", 80),
    )


def _pick_code(detail: LenientJson) -> str:
    # The newer field "code" is often too general; then the older "status" is more precise.
    codes = [detail.line("code", 80), detail.line("status", 80)]
    known = next((each for each in codes if each in _KINDS), "")
    return known or next((each for each in codes if each not in _GENERAL), codes[0] or codes[1])


def _judge_unknown(status: int, code: str, message: str) -> type[errors.ProviderError]:
    """Return the error for an undocumented code; it blames the key only if the text does."""
    if status in (401, 403):
        return judge_refusal(status, code, message if code in _GENERAL else "")
    if status == 402:
        # An account that needs an upgrade may have credit left.
        needs_plan = speaks_of_plan(code, message)
        return errors.RequestRejected if needs_plan else errors.OutOfCredit
    return judge_refusal(status, code, message) if status < 400 else errors.RequestRejected


def _read_list(entries: list[Any]) -> ErrorBody | None:
    words = []
    for entry in map(LenientJson, entries[:5]):
        place = [str(step) for step in entry.parts("loc") if step != "body"]
        words.append(f"{'.'.join(place)}: {entry.line('msg')}".strip(": "))
    message = "; ".join(word for word in words if word)
    return ErrorBody(errors.RequestRejected, message, "validation_error") if message else None


def _read_text(status: int, detail: str) -> ErrorBody | None:
    # The web framework's own response for an unknown path: no voice was looked up.
    if not detail.strip() or (status == 404 and detail == "Not Found"):
        return None
    kind = _judge_unknown(status, "", detail)
    if status == 404 and "voice" in detail.lower():
        kind = errors.NotFound
    return ErrorBody(kind, detail)
