"""Limits on how often a token may ask, counted in each process.

In memory on purpose: a counter in the database would wait for other writers. What costs
money is limited elsewhere, exactly.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

_MOST_KEPT = 10_000
_MINUTE = 60.0


class Allowance(NamedTuple):
    """What is left of a limit: requests now, and seconds until there is one more."""

    limit: int
    remaining: int
    wait: int
    is_over: bool


class RateLimiter:
    """Token buckets: each refills steadily, and holds at most what a minute allows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # For each key: what it holds, and when that was true.
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, per_minute: int, now: float, amount: int = 1) -> Allowance:
        """Take one request from the bucket, or tell how long to wait; ``now`` is in seconds."""
        with self._lock:
            held, since = self._buckets.pop(key, (float(per_minute), now))
            held = min(float(per_minute), held + (now - since) * per_minute / _MINUTE)
            is_over = held < 1
            held -= 0 if is_over else amount
            self._buckets[key] = (held, now)
            while len(self._buckets) > _MOST_KEPT:
                self._buckets.popitem(last=False)
        missing = max(0.0, 1 - held)
        return Allowance(
            per_minute, int(held), max(1, round(missing * _MINUTE / per_minute + 0.5)), is_over
        )

    def forget(self) -> None:
        """Fill all buckets."""
        with self._lock:
            self._buckets.clear()


LIMITER = RateLimiter()
