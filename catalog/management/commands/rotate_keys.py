"""Put everything sealed under a new master key while the service runs."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.core.crypto import KeyProblem
from catalog.management.fitting import FittingCommand
from catalog.services.credentials.key_rotation import UnopenedSecrets, rotate_master_key


class Command(FittingCommand):
    help = "Make a new master key and put every sealed record under it; run again if cut short."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep-old",
            action="store_true",
            help="leave the old keys in the file, for machines that still have to get the new one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moved = rotate_master_key(now=timezone.now(), keeps_old=options["keep_old"])
        except UnopenedSecrets as exc:
            raise CommandError(
                f"No key of the ring opens these, so the old keys stay: {exc}."
                " Restore the missing key, or have those entered again; then run this once more."
            ) from None
        except KeyProblem as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{moved} records are under the new master key. Copy the file anew.")
