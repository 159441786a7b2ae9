"""Bring the database, secrets, and demo up to date; running it again changes nothing."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from catalog.audio.tts.errors import TTSUnavailable
from catalog.audio.tts.weights import prepare_weights
from catalog.core.crypto import KeyProblem
from catalog.core.private_files import close_folders
from catalog.core.schema_version import (
    find_gap,
    find_misfit,
    is_behind,
    only_upgrade,
    read_newer,
    read_newest,
)
from catalog.jobs.searches.search_text import fill_missing_words
from catalog.management.backups import BackupUnusable, forget_backups, make_backup
from catalog.management.database_dumps import DumpFailed
from catalog.models.credentials.key_rotation import prepare_installation
from catalog.providers.registry import all_infos
from catalog.queries.teams import find_mapping_fault
from catalog.queries.users.identities import has_break_glass
from catalog.services.accounts.built_in import provide_built_in_everywhere
from catalog.services.users.setup import prepare_demo

# In the data directory. There's one for each upgrade, so three lead back a while.
BEFORE_UPGRADES = "before-upgrades"
_KEPT = 3


class Command(BaseCommand):
    help = "Migrate, and create missing secrets, built-in accounts, and demo users."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with only_upgrade():
            self._prepare()

    def _prepare(self) -> None:
        if read_newer():
            raise CommandError(find_misfit())
        if words := find_gap():
            raise CommandError(words)
        if read_newest() and is_behind():
            self._back_up(Path(settings.DATA_DIR) / BEFORE_UPGRADES)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        self._prepare_keys()
        fill_missing_words()
        if settings.DEMO:
            prepare_demo(password=settings.DEMO_PASSWORD, now=timezone.now())
        if words := find_mapping_fault():
            raise CommandError(words)
        if settings.OIDC_ONLY and not has_break_glass():
            self.stderr.write("VOICEBOARD_OIDC_ONLY is on, but there is no emergency account.")
            self.stderr.write("Make one: manage.py break_glass EMAIL --team TEAM")
        self._prepare_speech()
        self._drop_old_queue(Path(settings.DATA_DIR))
        # Files that an older version or an operator's tool left readable.
        close_folders(Path(settings.DATA_DIR))

    def _prepare_keys(self) -> None:
        try:
            prepare_installation()
        except KeyProblem as exc:
            raise CommandError(str(exc)) from None
        except OSError as exc:
            words = f"{settings.MASTER_KEY_FILE} can't be written: {exc.strerror}."
            raise CommandError(words) from None

    def _back_up(self, folder: Path) -> None:
        """Keep the database as it is before it's upgraded, because there is no way back."""
        if connection.vendor != "sqlite":
            self.stdout.write(
                "Upgrading the database, without a backup: only SQLite is backed up automatically."
                " To go back later, you need a backup from before."
            )
            return
        try:
            made = make_backup(folder, timezone.now(), has_media=False)
            forget_backups(folder, _KEPT)
        except (BackupUnusable, DumpFailed) as exc:
            reason = str(exc)
        except OSError as exc:
            reason = f"{exc.strerror}."
        else:
            self.stdout.write(f"Backed up the database before the upgrade: {made.folder}")
            return
        raise CommandError(f"The database can't be backed up before the upgrade. {reason}")

    def _drop_old_queue(self, data: Path) -> None:
        """Remove the queue of versions before 0.2.0; the sweep finds every job by its row."""
        for pattern in ("queue.sqlite3*", "queue.damaged", "queue.*.wake"):
            for left in data.glob(pattern):
                left.unlink(missing_ok=True)

    def _prepare_speech(self) -> None:
        for info in all_infos():
            if not info.is_built_in or info.slug not in settings.PROVIDER_BASE_URLS:
                continue
            try:
                prepare_weights(Path(settings.PROVIDER_BASE_URLS[info.slug]))
            except TTSUnavailable as exc:
                raise CommandError(f"{exc} To start without it, set VOICEBOARD_LOCAL=0.") from None
        provide_built_in_everywhere(now=timezone.now())
