"""Read a stranger's JSON object field by field: what fits is kept, what does not is named."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.providers.sanitize import clean_line, clean_text

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# Unix times in seconds are below this for millennia; above, they are thousandths or less of one.
_SECONDS_END = 1e11
_MOST_NANOSECONDS = 1e20
_MOST_ENTRIES = 100
_LONGEST_ENTRY = 500
# Some write numbers as texts: JSON of protocol buffers does so with every 64-bit integer.
# https://protobuf.dev/programming-guides/json/
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,20}", re.ASCII)


class LenientJson:
    """One JSON object; a missing field or null reads as nothing, a wrong one also as a fault.

    ``faults`` names the fields that could not be read, in the order in which they were asked for.
    The readings of objects inside report to the same list.
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
        """Say in one sentence what could not be read so far, "" when all could."""
        return f"Could not be read: {', '.join(self.faults)[:240]}." if self.faults else ""

    def line(self, name: str, limit: int = _LONGEST_ENTRY, *, may_be_cut: bool = False) -> str:
        """Return a text as one clean line; one that is too long is a fault unless it may be cut."""
        return clean_line(self._text(name, limit, may_be_cut=may_be_cut), limit)

    def words(self) -> dict[str, str]:
        """Return all texts and numbers of the object, each as one clean line."""
        names = list(self._values)[:_MOST_ENTRIES]
        return {name: word for name in names if (word := self.word(name, 200))}

    def text(self, name: str, limit: int) -> str:
        """Return a text with its lines, cleaned."""
        return clean_text(self._text(name, limit), limit)

    def exact(self, name: str, limit: int = _LONGEST_ENTRY) -> str:
        """Return a text that only means something unchanged, such as an id or an address."""
        found = self._take(name, str)
        if found is None or found == clean_line(found, limit):
            return found or ""
        self._blame(name)
        return ""

    def identifier(self, name: str, limit: int = 200) -> str:
        """Return an id that comes as a text or as a whole number."""
        found = self._values.get(name)
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**30:
            return str(found)
        return self.exact(name, limit)

    def word(self, name: str, limit: int = _LONGEST_ENTRY) -> str:
        """Return a text or a number as one clean line, of a list all of them with commas between.

        Whatever else stands there says nothing.
        """
        found = self._values.get(name)
        if isinstance(found, list):
            kept = [each for each in found[:_MOST_ENTRIES] if isinstance(each, str)]
            found = ", ".join(each[:limit] for each in kept)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return ""
        return clean_line(str(found)[: 4 * limit], limit)

    def flag(self, name: str) -> bool | None:
        """Return a truth value, None where it is not told."""
        found = self._values.get(name)
        if isinstance(found, str | int) and not isinstance(found, bool):
            told = _FLAGS.get(str(found)[:8].strip().lower())
            if told is not None:
                return told
        found = self._take(name, bool)
        return None if found is None else bool(found)

    def number(self, name: str) -> float | int | None:
        """Return a finite number that is not negative, None where it is not told."""
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
        """Return a finite number, also if negative or written as a text; None where not told."""
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
        """Return a whole number that is not negative, None where it is not told."""
        found = self.number(name)
        return None if found is None else int(found)

    def whole(self, name: str) -> int | None:
        """Return a whole number, also one that is written as a text; None where there is none."""
        found = self._values.get(name)
        if isinstance(found, str) and _WHOLE.fullmatch(found.strip()):
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def tells(self, name: str) -> bool:
        """Tell whether there is such a field, and something in it."""
        return self._values.get(name) is not None

    def moment(self, name: str, *, may_come: bool = False) -> datetime | None:
        """Return a time, None where there is none or none that can be true, such as 0 or 1.

        It may come as Unix seconds, thousandths of them, or as an ISO 8601 text; one without a
        zone is taken as UTC.
        """
        found = self._take(name, str, int, float)
        if isinstance(found, str) and not _NUMBER.fullmatch(found.strip()):
            moment = _read_iso(found)
        else:
            moment = _read_unix(0 if isinstance(found, bool) else float(found or 0))
        latest = _LATEST if may_come else datetime.now(UTC) + timedelta(days=1)
        return moment if moment is not None and _EARLIEST <= moment <= latest else None

    def iso_moment(self, name: str) -> datetime | None:
        """Return the same of a field that is documented as a text."""
        return self.moment(name)

    def object(self, name: str) -> "LenientJson":
        """Return the reading of an object inside."""
        return LenientJson(self._take(name, dict), self.faults, f"{self._prefix}{name}.")

    def objects(self, name: str) -> Iterator["LenientJson"]:
        """Yield the readings of a list of objects."""
        for entry in self._list(name):
            yield LenientJson(entry, self.faults, f"{self._prefix}{name}.")

    def lines(self, name: str) -> list[str]:
        """Return a list of texts, each as one clean line."""
        found = self._list(name)
        if any(not isinstance(entry, str) for entry in found):
            self._blame(name)
        return [clean_line(each, _LONGEST_ENTRY) for each in found if isinstance(each, str)]

    def parts(self, name: str) -> list[str | int]:
        """Return a list of texts and whole numbers, such as the way to a place inside."""
        kept = [entry for entry in self._list(name) if isinstance(entry, str | int)]
        return [clean_line(entry, 80) if isinstance(entry, str) else entry for entry in kept]

    def plain(self, name: str) -> dict[str, Any]:
        """Return an object's texts, finite numbers and truth values, null and nesting left out."""
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
        # Some write an empty list for no object, or "" for no number: nothing is lost.
        if found in ("", [], {}):
            return None
        self._blame(name)
        return None

    def _blame(self, name: str) -> None:
        fault = f"{self._prefix}{name}".rstrip(".")
        if fault not in self.faults:
            self.faults.append(fault)


def drop_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values without those that tell nothing; no and zero are kept."""
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
