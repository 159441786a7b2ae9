"""Back up the database and the files; the master keys have to be kept elsewhere."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.core.clock import database_now
from catalog.core.media_store import MediaUnavailable
from catalog.management.backups import (
    Backup,
    BackupUnusable,
    forget_backups,
    make_backup,
    note_backup,
)
from catalog.management.database_dumps import DumpFailed

_SHOWN = 5


class Command(BaseCommand):
    help = "Back up the database and the files into a new folder, while Voiceboard runs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, type=Path, help="the folder for all backups")
        parser.add_argument(
            "--without-files",
            action="store_true",
            help="leave out media files, for a bucket that keeps versions of its own",
        )
        parser.add_argument(
            "--keep", type=int, metavar="N", help="then delete all but the newest N backups"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder, keep = options["to"].resolve(), options["keep"]
        if keep is not None and keep < 1:
            raise CommandError("Keep at least 1 backup.")
        try:
            now = database_now()
            made = make_backup(folder, now, has_media=not options["without_files"])
            note_backup(now)
            old = forget_backups(folder, keep) if keep else []
        except (BackupUnusable, DumpFailed, MediaUnavailable) as exc:
            raise CommandError(str(exc)) from None
        except OSError as exc:
            raise CommandError(f"The backup can't be written: {exc.strerror}.") from None
        self._report(made)
        for each in old:
            self.stdout.write(f"Deleted the old backup {each.name}.")

    def _report(self, made: Backup) -> None:
        count = len(made.manifest.files)
        self.stdout.write(f"Backup finished: {made.folder}")
        self.stdout.write(f"Files: {count:,}, of which earlier backups had {made.linked_count:,}.")
        if made.missing:
            shown = ", ".join(made.missing[:_SHOWN])
            words = f"Missing files that the database names: {len(made.missing):,} ({shown})."
            self.stderr.write(f"{words} They were deleted during the backup or before.")
        self.stdout.write(
            f"The master keys aren't in it. They lie in {settings.MASTER_KEY_FILE}."
            " Keep a copy of that file elsewhere: without it, no key in the backup can be used."
        )
