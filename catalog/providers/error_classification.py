"""Classify error responses by status and text if no documented code decides."""

import re
from collections.abc import Callable

from catalog.providers import errors

Kind = type[errors.ProviderError]

_SPEAKS_OF_KEY = re.compile(
    r"\bkeys?\b|apikey|credentials?\b|authenticat|authoriz|unauthoris|unauthenticat|\btokens?\b"
    r"|\bbearer\b|密钥|令牌|鉴权|认证"
)
_SPEAKS_OF_PERMISSION = re.compile(r"permission|\bscopes?\b|\bkeys?\b|apikey|权限")
_SPEAKS_OF_PLAN = re.compile(
    r"\bplans?\b|subscri(be|ption)|\btiers?\b|upgrade|billing|payment|invoice|套餐"
)
_NAMES_PLAN = re.compile(r"\bplans?\b|subscri(be|ption)|\btiers?\b|upgrade|free users")
_NO_CREDIT = re.compile(
    r"(out of|insufficient|not enough|no|zero|low|ran out of|run out of|used up|exceed\w*)\b"
    r"[^.]{0,30}\b(credits?|balance|funds)\b"
    r"|\b(credits?|balance|funds)\b[^.]{0,40}"
    r"(exhaust|exceed|used up|insufficient|not sufficient|not enough|too low|deplet|run out|is 0)"
    r"|余额不足|欠费"
)
_TOO_FAST = re.compile(
    r"\brate\b|per (second|minute|hour)\b|\b(rpm|rps|qps|tpm)\b|\brequests\b|concurren|slow down"
    r"|throttl|too (fast|often)|\bbusy\b|overload|频率|并发|限流|请求过多"
)
_NO_SLOT = re.compile(
    r"\b(voices?|clones?|slots?)\b[^.]{0,40}\b(limit|maximum|full|reached|exceed\w*|left)\b"
    r"|\b(limit|maximum|no)\b[^.]{0,40}\b(voices|clones|voice slots?|slots?)\b"
)
_USED_UP = re.compile(r"quota|billing|payment|monthly|\bplan\b|subscription|额度|配额")

_NAMES_BAD_KEY = re.compile(
    r"(invalid|incorrect|missing|expired|revoked|unknown|wrong)[^.]{0,20}"
    r"\b(api keys?|apikey|key|token|credentials?)\b"
    r"|unauthoriz|unauthenticat|authentication (failed|error)"
)
_NAMES_TOO_FAST = re.compile(r"rate limit|too many( concurrent)? requests")
_NAMES_BREAKDOWN = re.compile(
    r"internal|server error|overload|unavailable|timed? ?out|try again|系统错误|超时"
)


def judge_refusal(status: int, *words: str) -> Kind:
    """Return the error for a response, based on its HTTP status and the provider's text.

    A 401 or 403 counts against the key only if the text mentions it: providers also send them for
    unpaid invoices, long texts, or plan limits. A 429 may mean used-up credit or a full plan. For a
    failure inside a successful response, only the text decides.
    """
    text = " ".join(words).lower().replace("_", " ")
    judge = _judge_inside if status < 400 else _JUDGES.get(status)
    return errors.RequestRejected if judge is None else judge(text)


def speaks_of_plan(*words: str) -> bool:
    """Return whether an error is about the account's plan rather than its credit."""
    text = " ".join(words).lower().replace("_", " ")
    return bool(_NAMES_PLAN.search(text)) and not _NO_CREDIT.search(text)


def _judge_unauthorized(text: str) -> Kind:
    if _NO_CREDIT.search(text):
        return errors.OutOfCredit
    return errors.CredentialRejected if _SPEAKS_OF_KEY.search(text) else errors.RequestRejected


def _judge_forbidden(text: str) -> Kind:
    if _NO_CREDIT.search(text):
        return errors.OutOfCredit
    if _NO_SLOT.search(text):
        return errors.LimitReached
    is_of_key = _SPEAKS_OF_PERMISSION.search(text) and not _SPEAKS_OF_PLAN.search(text)
    return errors.PermissionMissing if is_of_key else errors.RequestRejected


def _judge_too_many(text: str) -> Kind:
    if _NO_CREDIT.search(text):
        return errors.OutOfCredit
    if _TOO_FAST.search(text):
        return errors.TryLater
    if _NO_SLOT.search(text):
        return errors.LimitReached
    return errors.OutOfCredit if _USED_UP.search(text) else errors.TryLater


def _judge_inside(text: str) -> Kind:
    if _NO_CREDIT.search(text):
        return errors.OutOfCredit
    if _NAMES_BAD_KEY.search(text):
        return errors.CredentialRejected
    if _NAMES_TOO_FAST.search(text):
        return errors.TryLater
    return errors.OutcomeUnknown if _NAMES_BREAKDOWN.search(text) else errors.RequestRejected


_JUDGES: dict[int, Callable[[str], Kind]] = {
    401: _judge_unauthorized,
    402: lambda text: errors.OutOfCredit,
    403: _judge_forbidden,
    429: _judge_too_many,
}
