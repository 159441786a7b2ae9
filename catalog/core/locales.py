"""How the reader of a page writes days, times, and numbers; the words stay English.

A text in the database has many readers. It is written inside ``storing``, which leaves a mark for
each day and number, and ``say_stored`` writes them for the reader at hand.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as format_date


@dataclass(frozen=True, slots=True)
class Locale:
    """Formats of Django's ``date`` filter, and the marks in numbers."""

    day: str = "M j, Y"
    short_day: str = "M j"
    clock: str = "H:i"
    group: str = ","
    point: str = "."
    leaves_marks: bool = False


USUAL = Locale()
_STORED = Locale(leaves_marks=True)
_MARK = re.compile(r"⟦(?:(\d+)|([\d:+T-]+))⟧")
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_DAY_FIRST = replace(USUAL, day="j M Y", short_day="j M")
_YEAR_FIRST = replace(USUAL, day="Y-m-d", short_day="m-d")
_POINTS = replace(_DAY_FIRST, group=".", point=",")
_SPACES = replace(_DAY_FIRST, group=_NARROW_SPACE, point=",")
_TWELVE_HOURS = "g:i A"
# By language or by language and region; without either, days and numbers look as above.
_LOCALES = {
    "en": USUAL,
    "en-us": replace(USUAL, clock=_TWELVE_HOURS),
    "en-ca": replace(USUAL, clock=_TWELVE_HOURS),
    "en-ph": replace(USUAL, clock=_TWELVE_HOURS),
    "en-gb": _DAY_FIRST,
    "en-ie": _DAY_FIRST,
    "en-za": replace(_YEAR_FIRST, group=_NARROW_SPACE, point=","),
    "en-au": replace(_DAY_FIRST, clock=_TWELVE_HOURS),
    "en-nz": replace(_DAY_FIRST, clock=_TWELVE_HOURS),
    "en-in": replace(_DAY_FIRST, clock=_TWELVE_HOURS),
    "ar": replace(_DAY_FIRST, clock=_TWELVE_HOURS),
    "he": _DAY_FIRST,
    "hi": replace(_DAY_FIRST, clock=_TWELVE_HOURS),
    "th": _DAY_FIRST,
    "ja": _YEAR_FIRST,
    "ko": _YEAR_FIRST,
    "zh": _YEAR_FIRST,
    "es-mx": _DAY_FIRST,
    "de-ch": replace(_DAY_FIRST, group="\N{RIGHT SINGLE QUOTATION MARK}"),
    **dict.fromkeys(("da", "de", "el", "es", "id", "it", "nl", "pt", "ro", "tr", "vi"), _POINTS),
    **dict.fromkeys(("bg", "cs", "fi", "fr", "nb", "no", "pl", "ru", "sk", "uk"), _SPACES),
    **dict.fromkeys(("hu", "lt", "sv"), replace(_SPACES, day="Y-m-d", short_day="m-d")),
}
_current: ContextVar[Locale] = ContextVar("locale", default=USUAL)


def find_locale(accepted: str) -> Locale:
    """Return the locale of an Accept-Language header, or of one language tag."""
    for part in accepted[:400].lower().split(","):
        tag = part.partition(";")[0].strip()
        language = tag.partition("-")[0]
        if found := _LOCALES.get(tag) or _LOCALES.get(language):
            return found
    return USUAL


@contextmanager
def reading_in(locale: Locale, zone: ZoneInfo | None) -> Iterator[None]:
    """Write days, times, and numbers this way inside the block."""
    token = _current.set(locale)
    try:
        with timezone.override(zone):
            yield
    finally:
        _current.reset(token)


@contextmanager
def storing() -> Iterator[None]:
    """Leave marks instead of days and numbers inside the block, also as a decorator."""
    token = _current.set(_STORED)
    try:
        yield
    finally:
        _current.reset(token)


def current_locale() -> Locale:
    """Return how the reader of the page writes."""
    return _current.get()


def say_day(value: date | None) -> str:
    """Return the day, in the reader's time zone if the value has a time; "" for None."""
    if value is None:
        return ""
    if current_locale().leaves_marks:
        if isinstance(value, datetime):
            return f"⟦{value.isoformat(timespec='minutes')}⟧"
        return f"⟦{value.isoformat()}⟧"
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return format_date(value, current_locale().day)


def say_number(number: int) -> str:
    """Return the number with the reader's thousands separators."""
    if current_locale().leaves_marks:
        return f"⟦{number}⟧"
    return f"{number:,}".replace(",", current_locale().group)


def say_stored(text: str) -> str:
    """Return a stored text with its days and numbers as the reader writes them."""
    return _MARK.sub(_say_mark, text)


def _say_mark(found: re.Match[str]) -> str:
    number, moment = found.groups()
    if number:
        return say_number(int(number))
    try:
        return say_day(
            datetime.fromisoformat(moment) if "T" in moment else date.fromisoformat(moment)
        )
    except ValueError:
        return found[0]


def say_decimal(text: str) -> str:
    """Return a number that was written with a decimal point with the reader's."""
    return text.replace(".", current_locale().point)
