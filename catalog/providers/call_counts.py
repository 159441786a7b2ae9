"""Counts the calls to providers in this process, until someone stores them."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from catalog.providers.errors import ProviderError

GOOD = "ok"
BROKEN = "error"
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(slots=True)
class CallCount:
    """How many calls ended alike, and how many seconds they took together."""

    number: int = 0
    seconds: float = 0.0


Counts = dict[tuple[str, str], CallCount]
_counts: Counts = {}
_lock = threading.Lock()


class Call:
    """A call that is being made; ``failure`` is what its response stands for."""

    failure: ProviderError | None = None


@contextmanager
def count_call(slug: str) -> Iterator[Call]:
    """Count one call by its provider and its outcome."""
    call, begun, outcome = Call(), time.monotonic(), BROKEN
    try:
        yield call
        outcome = name_outcome(call.failure)
    except ProviderError as exc:
        outcome = name_outcome(exc)
        raise
    finally:
        with _lock:
            count = _counts.setdefault((slug, outcome), CallCount())
            count.number += 1
            count.seconds += time.monotonic() - begun


def name_outcome(failure: ProviderError | None) -> str:
    """Return the outcome: "ok", or the kind of error, such as "try_later"."""
    return _WORD.sub("_", type(failure).__name__).lower() if failure else GOOD


def take_counts() -> Counts:
    """Return all counts by provider and outcome, and start again at zero."""
    with _lock:
        taken = dict(_counts)
        _counts.clear()
    return taken
