"""Take the second factor off the account of somebody who lost it and the recovery codes."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.management.fitting import FittingCommand
from catalog.services.users.sign_in import remove_second_factor


class Command(FittingCommand):
    help = "Remove somebody's second factor; the password is then enough. It stands in the log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if not remove_second_factor(email=options["email"], now=timezone.now()):
            raise CommandError("Nobody with this address has a second factor.")
        self.stdout.write("The second factor is removed.")
