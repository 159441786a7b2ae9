"""Read a provider's JSON field by field: keep valid values and record invalid ones."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.providers.sanitize import clean_line, clean_text

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# Unix times in seconds stay below this for millennia; larger values are milliseconds or smaller.
_SECONDS_END = 1e11
_MOST_NANOSECONDS = 1e20
_MOST_ENTRIES = 100
_LONGEST_ENTRY = 500
# Some APIs send numbers as strings; Protocol Buffers JSON does so for 64-bit integers.
# https://protobuf.dev/programming-guides/json/
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,20}", re.ASCII)


class LenientJson:
    """One JSON object; a missing or null field reads as empty, an invalid one also as a fault.

    ``faults`` lists the invalid fields in the order they were read. Readers of nested objects add
    to the same list.
    """

    def __init__(self, values: Any, faults: list[str] | None = None, prefix: str = "") -> None:
        self.faults: list[str] = [] if faults is None else faults
        self._prefix = prefix
        self._values: dict[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict) and values is not None:
            self._blame("")

    def __bool__(self) -> bool:
        return bool(self._values)

    @property
    def problem(self) -> str:
        """The fields that couldn't be read so far, separated by commas; "" if there are none."""
        return f"{', '.join(self.faults)[:240]}." if self.faults else ""

    def line(self, name: str, limit: int = _LONGEST_ENTRY, *, may_be_cut: bool = False) -> str:
        """Return a string as one line; if too long, it is a fault unless it may be truncated."""
        return clean_line(self._text(name, limit, may_be_cut=may_be_cut), limit)

    def words(self) -> dict[str, str]:
        """Return all strings and numbers of the object, each as one line."""
        names = list(self._values)[:_MOST_ENTRIES]
        return {name: word for name in names if (word := self.word(name, 200))}

    def text(self, name: str, limit: int) -> str:
        """Return a multi-line string, sanitized."""
        return clean_text(self._text(name, limit), limit)

    def exact(self, name: str, limit: int = _LONGEST_ENTRY) -> str:
        """Return a string that must not be altered, such as an id or a URL."""
        found = self._take(name, str)
        if found is None or found == clean_line(found, limit):
            return found or ""
        self._blame(name)
        return ""

    def identifier(self, name: str, limit: int = 200) -> str:
        """Return an id given as a string or an integer."""
        found = self._values.get(name)
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**30:
            return str(found)
        return self.exact(name, limit)

    def word(self, name: str, limit: int = _LONGEST_ENTRY) -> str:
        """Return a string or a number as one line, or a list of strings joined with commas.

        Any other type is ignored.
        """
        found = self._values.get(name)
        if isinstance(found, list):
            kept = [each for each in found[:_MOST_ENTRIES] if isinstance(each, str)]
            found = ", ".join(each[:limit] for each in kept)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return ""
        return clean_line(str(found)[: 4 * limit], limit)

    def flag(self, name: str) -> bool | None:
        """Return a boolean, None if missing."""
        found = self._values.get(name)
        if isinstance(found, str | int) and not isinstance(found, bool):
            parsed = _FLAGS.get(str(found)[:8].strip().lower())
            if parsed is not None:
                return parsed
        found = self._take(name, bool)
        return None if found is None else bool(found)

    def number(self, name: str) -> float | int | None:
        """Return a finite, non-negative number, None if missing."""
        found = self._values.get(name)
        if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
            found = float(found) if "." in found else int(found)
        else:
            found = self._take(name, int, float)
        if found is None:
            return None
        if isinstance(found, bool) or not 0 <= found < 1e15:
            self._blame(name)
            return None
        return int(found) if isinstance(found, int) else float(found)

    def amount(self, name: str) -> float | None:
        """Return a finite number, which may be negative or a numeric string; None if missing."""
        found = self._take(name, int, float, str)
        if isinstance(found, str):
            word = found.strip()
            found = float(word) if _NUMBER.fullmatch(word) else (word or None)
        if found is None:
            return None
        if isinstance(found, bool | str) or not -1e15 < found < 1e15:
            self._blame(name)
            return None
        return float(found)

    def count(self, name: str) -> int | None:
        """Return a non-negative integer, None if missing."""
        found = self.number(name)
        return None if found is None else int(found)

    def whole(self, name: str) -> int | None:
        """Return an integer, which may be a numeric string; None if there is none."""
        found = self._values.get(name)
        if isinstance(found, str) and _WHOLE.fullmatch(found.strip()):
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def tells(self, name: str) -> bool:
        """Return whether the field exists and is not null."""
        return self._values.get(name) is not None

    def moment(self, name: str, *, may_come: bool = False) -> datetime | None:
        """Return a time, None if it is missing or implausible, such as 0 or 1.

        Accepts Unix seconds or milliseconds, or ISO 8601, which is taken as UTC without a time
        zone.
        """
        found = self._take(name, str, int, float)
        if isinstance(found, str) and not _NUMBER.fullmatch(found.strip()):
            moment = _read_iso(found)
        else:
            moment = _read_unix(0 if isinstance(found, bool) else float(found or 0))
        latest = _LATEST if may_come else datetime.now(UTC) + timedelta(days=1)
        return moment if moment is not None and _EARLIEST <= moment <= latest else None

    def iso_moment(self, name: str) -> datetime | None:
        """Return ``moment`` for a field that is documented as a string."""
        return self.moment(name)

    def object(self, name: str) -> "LenientJson":
        """Return a reader for a nested object."""
        return LenientJson(self._take(name, dict), self.faults, f"{self._prefix}{name}.")

    def objects(self, name: str) -> Iterator["LenientJson"]:
        """Yield a reader for each object in a list."""
        for entry in self._list(name):
            yield LenientJson(entry, self.faults, f"{self._prefix}{name}.")

    def lines(self, name: str) -> list[str]:
        """Return a list of strings, each as one line."""
        found = self._list(name)
        if any(not isinstance(entry, str) for entry in found):
            self._blame(name)
        return [clean_line(each, _LONGEST_ENTRY) for each in found if isinstance(each, str)]

    def parts(self, name: str) -> list[str | int]:
        """Return a list of strings and integers, such as a path to a nested field."""
        kept = [entry for entry in self._list(name) if isinstance(entry, str | int)]
        return [clean_line(entry, 80) if isinstance(entry, str) else entry for entry in kept]

    def plain(self, name: str) -> dict[str, Any]:
        """Return an object's strings, numbers, and booleans, without null and nested values."""
        found = self._take(name, dict) or {}
        kept: dict[str, Any] = {}
        for key, value in list(found.items())[:_MOST_ENTRIES]:
            if isinstance(value, str):
                kept[clean_line(key, 80)] = clean_line(value, _LONGEST_ENTRY)
            elif isinstance(value, bool | int | float) and _is_modest(value):
                kept[clean_line(key, 80)] = value
            elif value is not None:
                self._blame(name)
        return kept

    def _text(self, name: str, limit: int, *, may_be_cut: bool = False) -> str:
        found: str = self._take(name, str) or ""
        if len(found) > limit and not may_be_cut:
            self._blame(name)
        return found

    def _list(self, name: str) -> list[Any]:
        found: list[Any] = self._take(name, list) or []
        return found[:_MOST_ENTRIES]

    def _take(self, name: str, *kinds: type) -> Any:
        found = self._values.get(name)
        if found is None or isinstance(found, kinds):
            return found
        # Some APIs send [] for a missing object or "" for a missing number, which loses nothing.
        if found in ("", [], {}):
            return None
        self._blame(name)
        return None

    def _blame(self, name: str) -> None:
        fault = f"{self._prefix}{name}".rstrip(".")
        if fault not in self.faults:
            self.faults.append(fault)


def drop_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values without empty ones; False and 0 are kept."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _read_unix(seconds: float) -> datetime | None:
    if not 0 < seconds < _MOST_NANOSECONDS:
        return None
    while seconds >= _SECONDS_END:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _read_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip()[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_modest(value: float) -> bool:
    return math.isfinite(value) and abs(value) < 1e15
