"""Check that the audit log was not altered, and list what was."""

import argparse
import re
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.core.crypto import CannotOpen
from catalog.management.fitting import FittingCommand
from catalog.models import Installation
from catalog.queries.audit import find_breaks, get_audit_head


def _read_anchor(word: str) -> tuple[int, str]:
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", word)
    if found is None:
        raise argparse.ArgumentTypeError("an anchor is a number, a colon, and 64 hex digits")
    return int(found[1]), found[2]


class Command(FittingCommand):
    help = "Check the audit log's hash chain; exit with 1 and list each altered entry."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            type=_read_anchor,
            metavar="NUMBER:DIGEST",
            help="an earlier end of the log, which must still be part of it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            breaks = find_breaks(options["anchor"])
        except CannotOpen as exc:
            raise CommandError(f"The key that signs the log can't be decrypted. {exc}") from None
        if breaks:
            raise CommandError("\n".join(["The audit log was altered.", *breaks]))
        Installation.objects.update(audit_verified_at=timezone.now())
        head = get_audit_head()
        self.stdout.write(f"The audit log is intact: {head.number:,} entries.")
        if head.digest:
            self.stdout.write(
                f"To detect a truncated log later, keep this elsewhere: {head.number}:{head.digest}"
            )
