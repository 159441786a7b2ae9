"""Turn off two-factor authentication for a user who lost the device and the recovery codes."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.management.fitting import FittingCommand
from catalog.services.users.sign_in import remove_second_factor


class Command(FittingCommand):
    help = "Turn off a user's two-factor authentication. The audit log records it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if not remove_second_factor(email=options["email"], now=timezone.now()):
            raise CommandError("No user with this email address has two-factor authentication.")
        self.stdout.write("Two-factor authentication is turned off.")
