"""Configurable faults: which call fails, how, and how often."""

import fnmatch
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class FaultKind(StrEnum):
    """How a call fails; *before* and *after* refer to the requested work."""

    DROP_BEFORE = "drop_before"  # close the connection and do nothing
    DROP_AFTER = "drop_after"  # do it, then close the connection without a response
    LATE = "late"  # close the connection, and do it `seconds` later
    RATE_LIMIT = "rate_limit"  # 429, with Retry-After if `retry_after` is given
    ERROR_BEFORE = "error_before"  # the provider's own 500, or `status`
    ERROR_AFTER = "error_after"
    GATEWAY_BEFORE = "gateway_before"  # 502 as HTML, or `status`
    GATEWAY_AFTER = "gateway_after"
    TEXT_BEFORE = "text_before"  # 404 as plain text, or `status`
    SLOW_BEFORE = "slow_before"  # wait `seconds` first
    SLOW_AFTER = "slow_after"  # wait `seconds` between the work and the response
    CUT_JSON = "cut_json"  # half of the JSON, properly framed
    CUT_BODY = "cut_body"  # half of the promised Content-Length, then the end
    HTML = "html"  # 200 and a page, after the work
    NO_ID = "no_id"  # 200, but without any id
    CHANGE_JSON = "change_json"  # 200, with `values` put into the JSON object
    REFUSE = "refuse"  # do nothing, and respond with `status` and `values` as JSON, or `text`
    DRIP = "drip"  # one byte every `seconds`


class BadFault(Exception):
    """The description of a fault is invalid; the message says why."""


@dataclass(slots=True)
class Fault:
    """One pending fault.

    The first ``after`` matching calls pass, the next ``times`` fail; 0 times means
    until the faults are cleared. ``path`` is a glob below the provider's base URL, or a regular
    expression if it starts with ``^``. The other values depend on the fault.
    """

    fault: FaultKind
    provider: str = "*"
    key: str = field(default="", repr=False)
    method: str = "*"
    path: str = "*"
    times: int = 1
    after: int = 0
    seconds: float = 1.0
    retry_after: int | None = None
    status: int | None = None
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def from_json(cls, body: object) -> Self:
        """Parse a fault from the control API; raises BadFault."""
        if not isinstance(body, dict):
            raise BadFault("A fault is a JSON object.")
        if unknown := set(body) - set(_CHECKS):
            raise BadFault(f"Unknown: {', '.join(sorted(map(str, unknown)))}.")
        for name, value in body.items():
            if not _CHECKS[name](value):
                raise BadFault(f"{name} cannot be {value!r}.")
        if body.get("fault") not in list(FaultKind):
            raise BadFault(f"fault must be one of: {', '.join(FaultKind)}.")
        return cls(**{**body, "fault": FaultKind(body["fault"])})

    def fits(self, provider: str, key: str, method: str, path: str) -> bool:
        """Return whether the fault applies to a call."""
        return (
            self.provider in ("*", provider)
            and self.key in ("", key)
            and self.method.upper() in ("*", method)
            and _path_fits(self.path, path)
        )

    def as_json(self) -> dict[str, Any]:
        """Return the fault's remaining state; only the end of a key is shown."""
        shown = {name: getattr(self, name) for name in _CHECKS}
        return {**shown, "key": f"…{self.key[-4:]}" if self.key else ""}


class FaultPlan:
    """The pending faults, in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a pending fault."""
        with self._lock:
            self._faults.append(fault)

    def take(self, provider: str, key: str, method: str, path: str) -> Fault | None:
        """Return the fault for this call, if any, and count it."""
        with self._lock:
            for fault in self._faults:
                if not fault.fits(provider, key, method, path):
                    continue
                if fault.after:
                    fault.after -= 1
                    continue
                self._count(fault)
                return fault
        return None

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the pending faults."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]

    def _count(self, fault: Fault) -> None:
        if fault.times == 0:
            return
        fault.times -= 1
        if fault.times == 0:
            self._faults.remove(fault)


def _path_fits(wanted: str, path: str) -> bool:
    if wanted.startswith("^"):
        return re.search(wanted, path) is not None
    return fnmatch.fnmatchcase(path, wanted)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_path(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value if value.startswith("^") else "")
    except re.error:
        return False
    return True


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


def _is_status(value: object) -> bool:
    return value is None or (_is_count(value) and 200 <= int(str(value)) <= 599)


_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "fault": _is_text,
    "provider": _is_text,
    "key": _is_text,
    "method": _is_text,
    "path": _is_path,
    "times": _is_count,
    "after": _is_count,
    "seconds": _is_seconds,
    "retry_after": lambda value: value is None or _is_count(value),
    "status": _is_status,
    "code": _is_text,
    "values": lambda value: isinstance(value, dict),
    "text": _is_text,
}
