"""Stream rows as a CSV or JSON file."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# Spreadsheets treat a cell that starts with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file object for the csv module that returns each line."""

    def write(self, line: str) -> str:
        return line


def send_rows(
    rows: Iterable[dict[str, Any]], columns: Sequence[str], *, name: str, form: str
) -> StreamingHttpResponse:
    """Return a streamed download; JSON keeps lists, CSV joins them with "; "."""
    is_csv = form == "csv"
    response = StreamingHttpResponse(
        _as_csv(rows, columns) if is_csv else _as_json(rows),
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
