"""Formats for numbers, dates, lengths, and JSON values."""

import re
from collections.abc import Collection, Mapping
from datetime import date as day
from datetime import datetime, timedelta
from functools import lru_cache

from django.template.defaultfilters import date as format_date
from django.template.defaultfilters import filesizeformat, truncatechars
from django.template.defaultfilters import floatformat as format_float
from django.utils.timesince import timesince, timeuntil
from django.utils.timezone import get_current_timezone_name, is_aware, localtime

from catalog.audio.formats import FORMATS
from catalog.core.locales import USUAL, Locale, current_locale, say_decimal, say_number
from catalog.providers.registry import all_infos

_FOR_MACHINES = ("c", "Y-m-d")
# What Django returns for less than a minute.
_NOTHING = "0\xa0minutes"
# IDs that say nothing to people.
_HIDDEN_FACTS = {"note"}
_ABBREVIATION = re.compile(r"\b(id|tts|url|api)\b", re.IGNORECASE)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def date(value: datetime | day | None, form: str) -> str:
    """Return a time in the format of Django's ``date`` filter, "" for None.

    Formats for people, such as "M j, Y, H:i", become those of the reader's locale.
    """
    locale = current_locale()
    if locale is not USUAL and form not in _FOR_MACHINES:
        form = _localize(form, locale)
    if isinstance(value, datetime) and is_aware(value):
        value = localtime(value)
    return format_date(value, form)


@lru_cache(maxsize=256)
def _localize(form: str, locale: Locale) -> str:
    clock, seconds = locale.clock, locale.clock.replace(":i", ":i:s")
    pairs = {"M j, Y": locale.day, "M j": locale.short_day, "H:i:s": seconds, "H:i": clock}
    pattern = "|".join(pairs)
    return re.sub(pattern, lambda found: pairs[found[0]], form)


def grouped(number: int) -> str:
    """Return the number with thousands separators."""
    return say_number(number)


def floatformat(value: object, digits: int | str = -1) -> str:
    """Return the number with this many decimals, as Django's filter does, and the reader's mark."""
    return say_decimal(str(format_float(value, digits)))


def time_zone() -> str:
    """Return the name of the time zone in which times are shown."""
    return get_current_timezone_name()


def shorten(text: str, most: int) -> str:
    """Return the text, truncated to at most ``most`` characters."""
    # Most texts are short enough, and truncating takes a hundred times as long as this check.
    return text if len(text) <= most else truncatechars(text, most)


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago it was: "just now", "5 minutes ago", "3 days ago"."""
    passed = timesince(moment, now, depth=1)
    return "just now" if passed == _NOTHING else f"{passed} ago"


def ahead(moment: datetime, now: datetime | None = None) -> str:
    """Return how far ahead it is: "in 5 minutes", or "soon" for less than one."""
    left = timeuntil(moment, now, depth=1)
    if "minute" not in left and "hour" not in left:
        # Days are rounded: a minute after something is due in a week, it isn't due in 6 days.
        left = timeuntil(moment + timedelta(hours=12), now, depth=1)
    return "soon" if left == _NOTHING else f"in {left}"


def with_article(noun: str) -> str:
    """Return the noun with "a" or "an"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def round_mean(mean: float) -> str:
    """Return the average with one decimal, or none if it is whole."""
    return say_decimal(f"{mean:.1f}".removesuffix(".0"))


def format_words(slugs: Collection[str]) -> str:
    """Return the labels of file formats: "WAV, MP3"."""
    return ", ".join(found.label for slug, found in FORMATS.items() if slug in slugs)


def clock(seconds: float | None) -> str:
    """Return a length in seconds as 0:07, or "" if unknown."""
    if seconds is None:
        return ""
    whole = int(seconds + 0.5)
    return f"{whole // 60}:{whole % 60:02d}"


def in_words(value: object) -> str:
    """Return a JSON value as text."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return ", ".join(f"{as_title(key)}: {in_words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(in_words(each) for each in value)
    if isinstance(value, int):
        return say_number(value)
    return "Unknown" if value is None else _show_text(str(value))


def _show_text(text: str) -> str:
    """Return the text; a time as a provider writes it, "2023-11-18T23:05:20+00:00", as a date."""
    if not _ISO_TIME.match(text):
        return text
    try:
        return date(datetime.fromisoformat(text), "M j, Y, H:i")
    except ValueError:
        return text


def shown_facts(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the facts of an entry in the audit log for people, as pairs of name and text."""
    return [_show_fact(name, value) for name, value in facts.items() if name not in _HIDDEN_FACTS]


def _show_fact(name: str, value: object) -> tuple[str, str]:
    if name == "bytes":
        return "Size", filesizeformat(str(value))
    if name == "remote_id":
        return "Voice ID", str(value)
    if name == "provider":
        labels = {info.slug: info.label for info in all_infos()}
        return "Provider", labels.get(str(value), str(value))
    return as_title(name), in_words(value)


def as_title(name: object) -> str:
    """Return the name of a JSON field as words: "fine_tuning" as "Fine tuning"."""
    words = str(name).replace("_", " ").capitalize()
    return _ABBREVIATION.sub(lambda found: found[0].upper(), words)
