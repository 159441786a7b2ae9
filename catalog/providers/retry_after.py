"""Parse the various headers by which providers ask us to wait."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from catalog.providers.errors import TryLater

# Waits as the provider asked and returns True, or returns False immediately.
Wait = Callable[[TryLater], bool]

LONGEST_WAIT = 15 * 60.0
# A reset given as a point in time rather than a duration is a Unix time, at least this large.
_UNIX_TIMES_BEGIN = 1_000_000_000


def wait_for_nothing(asked: TryLater) -> bool:
    """Return False, for callers that retry later themselves."""
    return False


def read_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait, 0 to 15 minutes, or None if the headers say nothing usable.

    ``headers`` must be case-insensitive.
    """
    asked = _read_retry_after(headers.get("retry-after", ""), now)
    if asked is None:
        asked = _read_reset(headers.get("x-ratelimit-reset", ""), now)
    return None if asked is None else min(LONGEST_WAIT, max(0.0, asked))


def _read_retry_after(value: str, now: datetime) -> float | None:
    seconds = _read_number(value)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
        # A date without a time zone ("-0000") means GMT, as everywhere in HTTP.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _read_reset(value: str, now: datetime) -> float | None:
    seconds = _read_number(value)
    if seconds is not None and seconds >= _UNIX_TIMES_BEGIN:
        return seconds - now.timestamp()
    return seconds


def _read_number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
