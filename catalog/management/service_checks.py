"""Checks that ask the database, the queue, the file store, and the mail server."""

import re
import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection

from catalog.core.broker import look_at_broker, read_broker_version
from catalog.core.crypto import KeyProblem
from catalog.management.check_results import CheckResult, Level
from catalog.models import AuditHead, Heartbeat, Installation, User
from catalog.models.credentials.key_rotation import verify_key_ring
from catalog.models.installation import BACKUP_LASTS
from catalog.queries.health.background import find_unserved, has_schedule
from catalog.queries.health.readiness import find_database_problem, find_file_problem
from catalog.queries.teams import find_mapping_fault
from catalog.queries.users.identities import has_break_glass
from catalog.services.users.setup import DEMO_ADDRESSES

_VERIFICATION_LASTS = timedelta(days=31)
_MAIL_SECONDS = 10
# The oldest version that its makers maintain, or that our libraries need.
_OLDEST_BROKERS = {"Redis": (6, 2), "RabbitMQ": (3, 12)}


def judge_database(now: datetime) -> CheckResult:
    """Return whether the database answers, fits this version, and has the same clock."""
    if problem := find_database_problem(lambda: now):
        return CheckResult(Level.PROBLEM, "database", f"{problem.capitalize()}.{_advise(problem)}")
    words = f"{connection.display_name} {_read_version()} answers and fits this version."
    return CheckResult(Level.OK, "database", words)


def _advise(problem: str) -> str:
    if "migrated" in problem or "missing" in problem:
        return " Run: manage.py prepare"
    if "clocks" in problem:
        return " Synchronize both, for example with chrony."
    return "" if "newer" in problem else " Check DATABASE_URL."


def _read_version() -> str:
    version: Any = connection.get_database_version()
    return ".".join(str(part) for part in version)


def check_master_key(now: datetime) -> Iterator[CheckResult]:
    """Check that the master key opens what this database encrypts."""
    try:
        verify_key_ring()
    except KeyProblem as exc:
        yield CheckResult(Level.PROBLEM, "master key", str(exc))
        return
    words = "The master key opens this database. Keep a copy of its file elsewhere."
    yield CheckResult(Level.OK, "master key", words)


def check_people(now: datetime) -> Iterator[CheckResult]:
    """Check that someone can sign in, and none of the demo's people."""
    if not User.objects.filter(is_active=True).exists():
        words = "No one can sign in yet. To get a link for the first admin: manage.py sign_in"
        yield CheckResult(Level.WARNING, "people", words)
    if settings.DEMO:
        return
    left = User.objects.filter(email__in=DEMO_ADDRESSES, is_active=True).order_by("email")
    if names := ", ".join(left.values_list("email", flat=True)):
        words = f"People of the demo can sign in: {names}. Start with an empty database."
        yield CheckResult(Level.PROBLEM, "people", words)


def check_company_sign_in(now: datetime) -> Iterator[CheckResult]:
    """Check that groups lead to teams, and that someone can come in without the provider."""
    if words := find_mapping_fault():
        yield CheckResult(Level.PROBLEM, "company sign-in", words)
    if settings.OIDC_ONLY and not has_break_glass():
        words = "It's the only way in, and there is no emergency account. Make one with"
        words += " manage.py break_glass, for the day on which your provider is away."
        yield CheckResult(Level.WARNING, "company sign-in", words)


def check_queue(now: datetime) -> Iterator[CheckResult]:
    """Check that the broker answers and is recent."""
    state = look_at_broker()
    if not state.answers:
        words = f"The {state.name} isn't responding. Check CELERY_BROKER_URL."
        yield CheckResult(Level.PROBLEM, "queue", words)
        return
    version = read_broker_version()
    words = f"{state.name[:1].upper()}{state.name[1:]} {version}".strip()
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    oldest = _OLDEST_BROKERS.get(state.name)
    if oldest and numbers and numbers < oldest:
        least = ".".join(str(part) for part in oldest)
        yield CheckResult(Level.WARNING, "queue", f"{words} answers, but is older than {least}.")
    else:
        yield CheckResult(Level.OK, "queue", f"{words} answers.")


def check_processes(now: datetime) -> Iterator[CheckResult]:
    """Check the heartbeats of web servers, workers, and schedules."""
    alive = Heartbeat.objects.alive(now)
    if not alive.exists():
        words = "No process of Voiceboard is running. Start it, then run this command again."
        yield CheckResult(Level.PROBLEM, "processes", words)
        return
    missing = [f"No worker takes jobs of the queue {queue}." for queue in find_unserved(now)]
    if not has_schedule(now):
        missing.append("No schedule is running, so nothing is synced.")
    for words in missing:
        yield CheckResult(
            Level.PROBLEM, "processes", f"{words} See docs/operate/several-machines.md."
        )
    if not missing:
        yield CheckResult(Level.OK, "processes", f"{alive.count():,} processes reported recently.")


def check_files(now: datetime) -> Iterator[CheckResult]:
    """Put, read, and remove a file in the place for audio files."""
    place = "The bucket" if settings.MEDIA_STORE_URL else "The media folder"
    if problem := find_file_problem(lambda: now):
        words = f"{place} can't be used: {problem}. Check VOICEBOARD_FILES and its owner."
        yield CheckResult(Level.PROBLEM, "files", words)
    else:
        yield CheckResult(Level.OK, "files", f"{place} can be written and read.")


def check_mail(now: datetime) -> Iterator[CheckResult]:
    """Sign in to the mail server without sending anything."""
    if not settings.SENDS_MAIL:
        words = "No email is sent, so password links come from admins. Set VOICEBOARD_MAIL_SERVER."
        yield CheckResult(Level.WARNING, "email", words)
        return
    server = EmailBackend(timeout=_MAIL_SECONDS)
    try:
        server.open()
        server.close()
    except (OSError, smtplib.SMTPException) as exc:
        words = (
            f"The mail server can't be used ({type(exc).__name__}). Check VOICEBOARD_MAIL_SERVER."
        )
        yield CheckResult(Level.PROBLEM, "email", words)
        return
    yield CheckResult(Level.OK, "email", "The mail server answers.")
    if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        words = "Email, with password links in it, isn't encrypted. Use smtp+tls:// or smtps://."
        yield CheckResult(Level.WARNING, "email", words)


def check_backup(now: datetime) -> Iterator[CheckResult]:
    """Check the age of the last backup."""
    at = Installation.objects.values_list("backed_up_at", flat=True).first()
    if at is None:
        words = "No backup was made yet. See docs/operate/backup.md."
        yield CheckResult(Level.WARNING, "backup", words)
    elif now - at > BACKUP_LASTS:
        words = f"The last backup is {_say_age(now - at)} old. See docs/operate/backup.md."
        yield CheckResult(Level.WARNING, "backup", words)
    else:
        yield CheckResult(Level.OK, "backup", f"The last backup is {_say_age(now - at)} old.")


def check_audit(now: datetime) -> Iterator[CheckResult]:
    """Check when the audit log was last found intact."""
    at = Installation.objects.values_list("audit_verified_at", flat=True).first()
    if at is None and not AuditHead.objects.exists():
        return
    if at is None:
        words = "The audit log was never verified. Run: manage.py verify_audit"
        yield CheckResult(Level.WARNING, "audit log", words)
    elif now - at > _VERIFICATION_LASTS:
        words = f"It was last verified {_say_age(now - at)} ago. Run: manage.py verify_audit"
        yield CheckResult(Level.WARNING, "audit log", words)
    else:
        yield CheckResult(Level.OK, "audit log", f"It was found intact {_say_age(now - at)} ago.")


def _say_age(age: timedelta) -> str:
    if age >= timedelta(days=2):
        return f"{age.days:,} days"
    hours = max(0, age // timedelta(hours=1))
    return "1 hour" if hours == 1 else f"{hours} hours"
