"""Print how to sign in: the demo users, or the one-time link for the first admin."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from catalog.management.fitting import FittingCommand
from catalog.services.users.setup import make_setup_link


def _find_address() -> str:
    """Return where people reach Voiceboard, as far as the settings say it."""
    named = [host for host in settings.ALLOWED_HOSTS if host[0] not in ".*"]
    if settings.IS_BEHIND_TLS and named:
        return f"https://{named[0]}"
    return f"http://127.0.0.1:{settings.PORT}"


class Command(FittingCommand):
    help = "Print how to sign in."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        address = _find_address()
        if settings.DEMO:
            self._print_demo()
            return
        token = make_setup_link(now=timezone.now())
        if token is None:
            self.stdout.write(f"Sign in at {address}/account/login/")
            return
        path = reverse("catalog:setup", args=[token])
        self.stdout.write("Create the first admin with this link. It works once, within an hour:")
        self.stdout.write(f"{address}{path}")

    def _print_demo(self) -> None:
        self.stdout.write("Sign in as ana@example.com (admin), cleo@example.com (cloner),")
        self.stdout.write("mia@example.com (member) or vic@example.com (viewer) of team Aurora,")
        self.stdout.write("or as sam@example.com (admin) of team Borealis.")
        if settings.DEMO_PASSWORD_IS_GIVEN:
            self.stdout.write("The password is the one in VOICEBOARD_DEMO_PASSWORD.")
        else:
            self.stdout.write(f"Password: {settings.DEMO_PASSWORD}")
