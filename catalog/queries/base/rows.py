"""Instances of models from the rows of plain statements, for what every request asks."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connections, models

Made = TypeVar("Made", bound=models.Model)
_Converter = tuple[int, list[Callable[[Any, Any, Any], Any]], Any]


class RowReader(Generic[Made]):
    """Makes instances of rows that hold these fields of a model, in this order.

    ``raw()`` does the same, but works out anew for each statement what the columns stand for, which
    takes longer than the statement.
    """

    def __init__(self, model: type[Made], names: Sequence[str]) -> None:
        self._model, self.names = model, tuple(names)
        self._converters = lru_cache(maxsize=1)(self._find_converters)

    def columns_of(self, table: str) -> str:
        """Return the columns to select of a table that goes by this name in the statement."""
        return ", ".join(f"{table}.{name}" for name in self.names)

    def make_last(self, rows: Iterable[Sequence[Any]]) -> list[Made]:
        """Return the instances of a join: their fields come last in a row, and may all be null."""
        count = len(self.names)
        return self.make(row[-count:] for row in rows if row[-count] is not None)

    def make(self, rows: Iterable[Sequence[Any]]) -> list[Made]:
        """Return the instances of rows; what a row holds beyond the fields is left out."""
        # Not the one that looks up each time which thread asks.
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
    # A list asks for it some fifty times, and Django's way takes five times as long.
    return orjson.loads(value)
