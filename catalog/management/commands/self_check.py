"""Check a set-up: settings, services, secrets, and backups; exit with 1 if there is a problem."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog.management import service_checks, setup_checks
from catalog.management.check_results import Check, CheckResult, Level, run_check

_SETUP: tuple[Check, ...] = (
    setup_checks.check_version,
    setup_checks.check_https,
    setup_checks.check_framework,
    setup_checks.check_demo,
    setup_checks.check_passwords,
    setup_checks.check_file_modes,
    setup_checks.check_disk,
    setup_checks.check_folders,
)
_SERVICES: tuple[Check, ...] = (
    service_checks.check_queue,
    service_checks.check_files,
    service_checks.check_mail,
)
_WITH_DATABASE: tuple[Check, ...] = (
    service_checks.check_master_key,
    service_checks.check_people,
    service_checks.check_company_sign_in,
    service_checks.check_processes,
    service_checks.check_backup,
    service_checks.check_audit,
)


class Command(BaseCommand):
    help = "Check this set-up while Voiceboard runs; exit with 1 if there is a problem."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = self._look()
        for each in found:
            self.stdout.write(f"{each.level:<8} {each.subject}: {each.words}")
        problems = sum(each.level is Level.PROBLEM for each in found)
        warnings = sum(each.level is Level.WARNING for each in found)
        self.stdout.write(f"Problems: {problems}. Warnings: {warnings}.")
        if problems:
            raise SystemExit(1)

    def _look(self) -> list[CheckResult]:
        now = timezone.now()
        database = service_checks.judge_database(now)
        # Without a database, the others would only repeat that.
        rest = _WITH_DATABASE if database.level is Level.OK else ()
        checks = (*_SETUP, *_SERVICES, *rest)
        return [database, *(finding for check in checks for finding in run_check(check, now))]
