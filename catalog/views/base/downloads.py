"""Stream rows as a CSV or JSON file."""

import csv
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# Spreadsheets treat a cell that starts with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


# A process has few threads, and an export holds one for as long as its reader takes.
_MOST_AT_ONCE = 2
_places = threading.BoundedSemaphore(_MOST_AT_ONCE)


class TooManyDownloads(Exception):
    """Other people's exports take all the threads that exports may have."""


class _Bounded:
    """The lines of an export, which holds one of the places until it is closed."""

    def __init__(self, begin: Callable[[], Iterator[str]]) -> None:
        self._is_open = False
        if not _places.acquire(blocking=False):
            raise TooManyDownloads
        self._is_open = True
        try:
            self._lines = begin()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def close(self) -> None:
        """Give the place back. Django calls this at the end, whatever was read until then."""
        if self._is_open:
            self._is_open = False
            _places.release()

    # For a response that nobody closes, such as one that an error replaced.
    __del__ = close


class _Line:
    """A file object for the csv module that returns each line."""

    def write(self, line: str) -> str:
        return line


def send_rows(
    find_rows: Callable[[], Iterable[dict[str, Any]]],
    columns: Sequence[str],
    *,
    name: str,
    form: str,
) -> StreamingHttpResponse:
    """Return a streamed download; JSON keeps lists, CSV joins them with "; ".

    Raises TooManyDownloads before ``find_rows``, which may record the export, is called.
    """
    is_csv = form == "csv"
    response = StreamingHttpResponse(
        _Bounded(lambda: _as_csv(find_rows(), columns) if is_csv else _as_json(find_rows())),
        content_type="text/csv; charset=utf-8" if is_csv else "application/json",
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _as_csv(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The byte order mark, which tells spreadsheets that the file is UTF-8.
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_as_cell(row[name]) for name in columns])


def _as_json(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    start = "[\n"
    for row in rows:
        yield start + json.dumps(row, ensure_ascii=False)
        start = ",\n"
    yield "\n]\n" if start != "[\n" else "[]\n"


def _as_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
