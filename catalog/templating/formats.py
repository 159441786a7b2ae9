"""Numbers, dates, lengths and JSON values as a person reads them."""

from collections.abc import Collection
from datetime import date as day
from datetime import datetime

from django.template.defaultfilters import date as format_date
from django.template.defaultfilters import truncatechars
from django.utils.timesince import timesince, timeuntil
from django.utils.timezone import is_aware, localtime

from catalog.audio.formats import FORMATS

# What Django says of less than a minute.
_NOTHING = "0\xa0minutes"


def date(value: datetime | day | None, form: str) -> str:
    """Write a moment in the form of Django's ``date`` filter, "" when there is none."""
    if isinstance(value, datetime) and is_aware(value):
        value = localtime(value)
    return format_date(value, form)


def grouped(number: int) -> str:
    """Write a number so that a million is read at a glance: 1,000,000."""
    return f"{number:,}"


def shorten(text: str, most: int) -> str:
    """Return the text with at most so many letters."""
    # Most are short enough; to find out where a long one may be cut takes a hundred times as long.
    return text if len(text) <= most else truncatechars(text, most)


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago it was, as people do: "just now", "5 minutes ago"."""
    passed = timesince(moment, now)
    return "just now" if passed == _NOTHING else f"{passed} ago"


def ahead(moment: datetime, now: datetime | None = None) -> str:
    """Say in what time it will be: "in 5 minutes", or "soon" when less than one is left."""
    left = timeuntil(moment, now)
    return "soon" if left == _NOTHING else f"in {left}"


def with_article(noun: str) -> str:
    """Put "a" or "an" in front of the noun."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def round_mean(mean: float) -> str:
    """Say a mean with one digit, or with none where it is whole."""
    return f"{mean:.1f}".removesuffix(".0")


def format_words(slugs: Collection[str]) -> str:
    """Name file formats as people do: "WAV, MP3"."""
    return ", ".join(found.label for slug, found in FORMATS.items() if slug in slugs)


def clock(seconds: float | None) -> str:
    """Say a length as 0:07, or "" when it is not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def in_words(value: object) -> str:
    """Say a JSON value as a person would; a text stays as the provider wrote it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return ", ".join(f"{as_title(key)}: {in_words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(in_words(each) for each in value)
    return "Unknown" if value is None else str(value)


def as_title(name: object) -> str:
    """Say the name of a JSON field in words: "fine_tuning" as "Fine tuning"."""
    return str(name).replace("_", " ").capitalize()
