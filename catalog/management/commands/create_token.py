"""Make an API token for a member of a team, for example when setting up a program."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from catalog.forms.tokens import MOST_DAYS
from catalog.management.fitting import FittingCommand
from catalog.models.tokens import Scope
from catalog.services.tokens import MemberUnknown, issue_token


class Command(FittingCommand):
    help = "Print a new API token that acts as a member of a team. It can't be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the member whose rights the token uses")
        parser.add_argument("--team", required=True, help="the team's name")
        known = ",".join(Scope.values)
        parser.add_argument("--scopes", required=True, help=f"what it may do, of {known}")
        parser.add_argument("--days", type=int, default=90, help=f"1 to {MOST_DAYS}, 90 by default")
        parser.add_argument("--name", default="Made by the operator", help="what it is for")

    @sensitive_variables()
    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [word.strip() for word in options["scopes"].split(",") if word.strip()]
        if not scopes or not set(scopes) <= set(Scope.values):
            raise CommandError(f"Scopes are {', '.join(Scope.values)}, separated by commas.")
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"A token works for 1 to {MOST_DAYS} days.")
        try:
            secret = issue_token(
                email=options["email"],
                team_name=options["team"],
                name=options["name"][:80],
                scopes=[scope.value for scope in Scope if scope.value in scopes],
                days=options["days"],
                now=timezone.now(),
            )
        except MemberUnknown:
            words = "No active member with this address is in a team with this name, or several"
            raise CommandError(f"{words} teams have this name.") from None
        except PermissionDenied:
            words = "This member's role doesn't allow these scopes, or two-factor authentication"
            raise CommandError(f"{words} is required and not set up.") from None
        self.stdout.write(secret)
        self.stderr.write("It isn't shown again. Store it where only the program can read it.")
