"""Re-encrypt all secrets with a new master key while the service runs."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.core.crypto import KeyProblem
from catalog.management.fitting import FittingCommand
from catalog.services.credentials.key_rotation import UnopenedSecrets, rotate_master_key


class Command(FittingCommand):
    help = "Re-encrypt all secrets with a new master key; run it again if interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep-old",
            action="store_true",
            help="keep the old keys in the file, for machines that don't have the new one yet",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moved = rotate_master_key(now=timezone.now(), keeps_old=options["keep_old"])
        except UnopenedSecrets as exc:
            raise CommandError(
                f"These can't be decrypted with any key, so the old keys were kept: {exc}."
                " Restore the missing key, or re-enter the secrets, then run this again."
            ) from None
        except KeyProblem as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(
            f"{moved:,} records now use the new master key. Back up the key file again."
        )
