"""Sign out users everywhere, for example after a laptop was stolen."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.management.fitting import FittingCommand
from catalog.models import User
from catalog.services.users.sign_in import end_sessions_of


class Command(FittingCommand):
    help = "End all sessions of these users, or with --everyone of all. The audit log records it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("emails", nargs="*", metavar="email")
        parser.add_argument("--everyone", action="store_true", help="sign out all users")

    def handle(self, *args: Any, **options: Any) -> None:
        emails = options["emails"]
        if bool(emails) == options["everyone"]:
            raise CommandError("Name users by their email address, or use --everyone.")
        for email in emails:
            if not User.objects.filter(email=email.strip().lower()).exists():
                raise CommandError(f"There is no user with the address {email}.")
        count = end_sessions_of(emails=emails, now=timezone.now())
        self.stdout.write(f"Ended {count:,} session{'' if count == 1 else 's'}.")
