"""Build model instances from rows of plain SQL, for queries that every request runs."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connections, models

Made = TypeVar("Made", bound=models.Model)
_Converter = tuple[int, list[Callable[[Any, Any, Any], Any]], Any]


class RowReader(Generic[Made]):
    """Builds instances from rows that contain the named fields of a model, in this order.

    ``raw()`` does the same, but resolves the columns again for each statement, which takes
    longer than the statement.
    """

    def __init__(self, model: type[Made], names: Sequence[str]) -> None:
        self._model, self.names = model, tuple(names)
        self._converters = lru_cache(maxsize=1)(self._find_converters)

    def columns_of(self, table: str) -> str:
        """Return the columns to select, for a table with this alias."""
        return ", ".join(f"{table}.{name}" for name in self.names)

    def make_last(self, rows: Iterable[Sequence[Any]]) -> list[Made]:
        """Return the instances at the end of joined rows, skipping those where all are null."""
        count = len(self.names)
        return self.make(row[-count:] for row in rows if row[-count] is not None)

    def make(self, rows: Iterable[Sequence[Any]]) -> list[Made]:
        """Return the instances; values after the fields are ignored."""
        # The connection itself instead of the proxy, which looks it up for each access.
        direct = connections[DEFAULT_DB_ALIAS]
        count, converters, made = len(self.names), self._converters(direct.vendor), []
        for row in rows:
            values = list(row[:count])
            for place, converts, expression in converters:
                if values[place] is not None:
                    for convert in converts:
                        values[place] = convert(values[place], expression, direct)
            made.append(self._model.from_db(DEFAULT_DB_ALIAS, self.names, values))
        return made

    def _find_converters(self, vendor: str) -> list[_Converter]:
        meta = self._model._meta
        columns = [meta.get_field(name).get_col(meta.db_table) for name in self.names]  # type: ignore[union-attr]
        compiler = self._model._base_manager.all().query.get_compiler(DEFAULT_DB_ALIAS)
        found = [(place, *each) for place, each in compiler.get_converters(columns).items()]
        return [
            (place, [_read_json] if isinstance(column.target, models.JSONField) else made, column)
            for place, made, column in found
        ]


def _read_json(value: str, *_: object) -> object:
    # A page calls this about 50 times, and Django's own parser takes five times as long.
    return orjson.loads(value)
