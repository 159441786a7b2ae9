"""Extreme values in every query parameter that a page reads."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client

from tests.pages import OURS, TABLE
from tests.visitors import PARTIAL, address, call, one_of_many, read_body

# Values are percent-encoded, so they can contain bytes that are not valid text.
DATES = ("0001-01-01", "9999-12-31", "0000-00-00", "0000-01-01", "2026-02-30", "-2026-01-01")
NUMBERS = (
    "0",
    "-1",
    "9" * 12,
    "9" * 18,
    "9223372036854775808",
    f"1{'0' * 30}",
    "1e308",
    "%D9%A1%D9%A2",
    "%C2%B2",
)
TEXTS = ("%00", "a%00b", "%ED%A0%80", "%FF%FE", "x" * 5000, "%F0%9F%8E%A4", "'%22\\%25_", "%0D%0A")
ALONE = ("0001-01-01", "9999-12-31", "9" * 18, f"1{'0' * 30}", "a%00b", "x" * 5000)
VALUES = (*DATES, *NUMBERS, *TEXTS)
READABLE = [name for name in OURS if 200 in TABLE[name].get or name == "catalog:notification-bell"]
_MOST = 2**63


@contextmanager
def noted_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Collect the names of the parameters that are read while the block runs."""
    names: set[str] = set()

    def noting(method: Any) -> Any:
        def _read(self: QueryDict, name: str, *args: Any) -> Any:
            names.add(str(name))
            return method(self, name, *args)

        return _read

    with monkeypatch.context() as patch:
        for method in ("get", "getlist", "__contains__", "__getitem__"):
            patch.setattr(QueryDict, method, noting(getattr(QueryDict, method)), raising=False)
        yield names


@contextmanager
def strict_database() -> Iterator[list[object]]:
    """Collect values that a stricter database would refuse.

    PostgreSQL refuses NUL and lone surrogates in text, and numbers beyond 64 bits.
    """
    refused: list[object] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        rows = params if many else [params]
        for row in rows or []:
            values = row.values() if isinstance(row, dict) else row or ()
            refused.extend(value for value in values if is_refused(value))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield refused


def is_refused(value: object) -> bool:
    if isinstance(value, str):
        return any(mark == "\0" or "\ud800" <= mark <= "\udfff" for mark in value)
    return isinstance(value, int) and not -_MOST <= value < _MOST


def ask(client: Client, path: str, query: str) -> Any:
    """Request the page with the raw query, and return the status and body."""
    response = client.generic("GET", path, QUERY_STRING=query)
    return response.status_code, read_body(response)


def test_no_query_parameter_value_breaks_a_page(world, subtests, monkeypatch):
    pages_with: Counter[frozenset[str]] = Counter()
    for name in READABLE:
        with one_of_many(subtests, world, name=name):
            demand_an_answer(world, name, monkeypatch, pages_with)


def queries_with(names: frozenset[str], earlier_pages: int) -> list[str]:
    """Return queries with each value in all parameters at once, and in each of them alone.

    Pages with the same parameters share the code that reads them, so the first page gets all
    values, and each later one a few, and a single value for each parameter alone.
    """
    if not names:
        return []
    values = ALONE if earlier_pages else VALUES
    together = ["&".join(f"{each}={value}" for each in sorted(names)) for value in values]
    alone = []
    for place, each in enumerate(sorted(names)):
        values = (ALONE[(place + earlier_pages) % len(ALONE)],) if earlier_pages else ALONE
        alone += [f"{each}={value}&{each}=" for value in values]
    return together + alone


def demand_an_answer(
    world: SimpleNamespace,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    pages_with: Counter[frozenset[str]],
) -> None:
    """Fail if any parameter value breaks the page or would break a stricter database."""
    client, path = world.clients["ana"], address(name, world.aurora)
    with noted_names(monkeypatch) as noted:
        ask(client, path, "")
        read_body(call(client, "GET", path, **PARTIAL))
    names = frozenset(noted)
    queries = queries_with(names, pages_with[names])
    pages_with[names] += 1

    with strict_database() as refused:
        answers = {query: ask(client, path, query)[0] for query in queries}

    assert {query: status for query, status in answers.items() if status >= 500} == {}
    assert refused == []
