"""The log of requests to the sandbox, without keys, queries, and bodies."""

import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 5_000


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One logged request; ``status`` is 0 if no response was sent."""

    number: int
    at: float
    provider: str
    account: str
    method: str
    path: str
    status: int
    fault: str


class CallLog:
    """The most recent calls, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[LoggedCall] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, *, status: int, fault: str, **asked: str) -> None:
        """Log a call; ``asked`` holds its provider, account, method, and path."""
        with self._lock:
            self._count += 1
            call = LoggedCall(self._count, time.time(), status=status, fault=fault, **asked)
            self._calls.append(call)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the calls for the control interface."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def clear(self) -> None:
        """Delete all calls and restart the numbering."""
        with self._lock:
            self._calls.clear()
            self._count = 0
