"""What a self-check found: one line each, with what to do about it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is; a problem makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class CheckResult(NamedTuple):
    """One line of the report. ``words`` hold no secret, not even a part of one."""

    level: Level
    subject: str
    words: str


Check = Callable[[datetime], Iterator[CheckResult]]


def run_check(check: Check, now: datetime) -> list[CheckResult]:
    """Return what the check finds; a check that fails is a problem of its own."""
    try:
        return list(check(now))
    except Exception as exc:
        # Its message may contain an address with a password.
        subject = check.__name__.removeprefix("check_").replace("_", " ")
        return [
            CheckResult(Level.PROBLEM, subject, f"This check failed with {type(exc).__name__}.")
        ]
