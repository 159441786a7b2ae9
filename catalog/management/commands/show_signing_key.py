"""Print the public key with which anyone can verify this installation's receipts."""

from typing import Any

from catalog.management.fitting import FittingCommand
from catalog.queries.installation import get_public_key_file


class Command(FittingCommand):
    help = "Print the public key that verifies receipts of this installation."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(get_public_key_file(), ending="")
