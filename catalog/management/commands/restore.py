"""Restore a backup; the work that it left unsent is looked for at the providers after the start."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.core.clock import database_now
from catalog.core.crypto import KeyProblem
from catalog.core.media_store import MediaUnavailable
from catalog.management.backups import BackupUnusable
from catalog.management.database_dumps import DumpFailed
from catalog.management.restore import CannotRestore, restore_backup

_REFUSALS = (BackupUnusable, CannotRestore, DumpFailed, KeyProblem, MediaUnavailable)


class Command(BaseCommand):
    help = "Restore a backup while Voiceboard is stopped; run it again if interrupted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", required=True, type=Path, dest="folder", help="the folder of one backup"
        )
        parser.add_argument(
            "--replace", action="store_true", help="replace a database that isn't empty"
        )
        parser.add_argument(
            "--as-copy",
            action="store_true",
            help="make a second installation, which can't use the first one's keys",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].resolve()
        try:
            restore_backup(
                folder,
                database_now,
                replaces=options["replace"],
                is_copy=options["as_copy"],
                say=self.stdout.write,
            )
        except _REFUSALS as exc:
            raise CommandError(str(exc)) from None
        except OSError as exc:
            raise CommandError(f"A file can't be read or written: {exc.strerror}.") from None
        self.stdout.write(f"Restored {folder.name}. All users have to sign in again.")
        if options["as_copy"]:
            self.stdout.write("This is a copy with a code of its own, and it has no keys.")
