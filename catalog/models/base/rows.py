"""Models of which many are read at once."""

from collections.abc import Collection, Sequence
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class RowModel(models.Model):
    """A model that is made of its row in one go.

    Django's own way sets one field after the other, which takes longer than to read the row.
    With it no signal tells of a new instance, and so no field may depend on one.
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are of a later Django
        cls, db: str | None, field_names: Collection[str], values: Sequence[Any]
    ) -> Self:
        """Make an instance of a row; fields that were not read are read when asked for."""
        made = cls.__new__(cls)
        made.__dict__.update(zip(field_names, values, strict=True))
        made._state = ModelState()
        made._state.adding, made._state.db = False, db
        return made
