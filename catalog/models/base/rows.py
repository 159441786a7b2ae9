"""A base class for models that are read in large numbers."""

from collections.abc import Collection, Sequence
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class RowModel(models.Model):
    """Creates instances directly from a database row.

    Django sets one field after another, which takes longer than reading the row. No signals are
    sent for new instances, so no field may depend on them.
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are of a later Django
        cls, db: str | None, field_names: Collection[str], values: Sequence[Any]
    ) -> Self:
        """Return an instance of a row; fields that were not read are deferred."""
        made = cls.__new__(cls)
        made.__dict__.update(zip(field_names, values, strict=True))
        made._state = ModelState()
        made._state.adding, made._state.db = False, db
        return made
