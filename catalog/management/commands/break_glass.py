"""Make an account that signs in with a password when the company's provider is away."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from catalog.management.fitting import FittingCommand
from catalog.services.users.break_glass import (
    AddressUnknown,
    TeamUnknown,
    end_break_glass,
    make_break_glass,
)


class Command(FittingCommand):
    help = "Make an emergency account (an admin with a password), or end one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--team", help="the team that it's an admin of")
        what.add_argument("--end", action="store_true", help="make it an ordinary account again")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
        except ValidationError:
            raise CommandError("Enter an email address.") from None
        if options["end"]:
            self._end(options["email"])
        else:
            self._make(options["email"], options["team"])

    def _make(self, email: str, team: str) -> None:
        try:
            password = make_break_glass(email=email, team_name=team, now=timezone.now())
        except TeamUnknown:
            raise CommandError("No team, or more than one, has this name.") from None
        self.stdout.write(f"Password: {password}")
        self.stdout.write("It isn't shown again. Sign in with it now and set up two-factor")
        self.stdout.write("authentication: without it, the account opens no team.")

    def _end(self, email: str) -> None:
        try:
            end_break_glass(email=email, now=timezone.now())
        except AddressUnknown:
            raise CommandError("There is no emergency account with this address.") from None
        self.stdout.write("It's an ordinary account without a password now.")
