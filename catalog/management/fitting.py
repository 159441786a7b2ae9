"""A base class for commands that refuse to run on a database of another version."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.core.schema_version import find_misfit


class FittingCommand(BaseCommand):
    """A command that needs a database of exactly this version."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command, unless the database is of another version."""
        if words := find_misfit():
            raise CommandError(words)
        return super().execute(*args, **options)
