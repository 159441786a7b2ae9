"""Bring database, secrets and demo up to date; running it again changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog.crypto import KeyProblem
from catalog.jobs.wording import fill_missing_words
from catalog.models.credentials import prepare_installation
from catalog.services.accounts import prepare_demo


class Command(BaseCommand):
    help = "Migrate, make what secrets are missing, and in demo mode the demo's people."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        try:
            prepare_installation()
        except KeyProblem as exc:
            raise CommandError(str(exc)) from None
        fill_missing_words()
        if settings.DEMO:
            prepare_demo(password=settings.DEMO_PASSWORD, now=timezone.now())
