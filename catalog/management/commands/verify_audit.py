"""Check that the log is as it was written, and name what is not."""

import argparse
import re
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.core.crypto import CannotOpen
from catalog.management.fitting import FittingCommand
from catalog.queries.audit import find_breaks, get_audit_head


def _read_anchor(word: str) -> tuple[int, str]:
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", word)
    if found is None:
        raise argparse.ArgumentTypeError("an anchor is a number, a colon and 64 letters")
    return int(found[1]), found[2]


class Command(FittingCommand):
    help = "Check the audit log's chain; end with 1 and name each entry that does not fit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            type=_read_anchor,
            metavar="NUMBER:DIGEST",
            help="an end of the log that was noted before, and must still be in it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            breaks = find_breaks(options["anchor"])
        except CannotOpen as exc:
            raise CommandError(f"The key that signs the log can't be opened. {exc}") from None
        if breaks:
            raise CommandError("\n".join(["The log is not as it was written.", *breaks]))
        head = get_audit_head()
        self.stdout.write(f"The log is whole: {head.number} entries.")
        if head.digest:
            self.stdout.write(f"Note elsewhere, to find a cut later: {head.number}:{head.digest}")
