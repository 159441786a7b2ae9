"""Check that a receipt is as it was signed, and that files are those it names."""

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.core.receipts import (
    ReceiptInvalid,
    ReceiptUnreadable,
    read_public_key,
    verify_receipt,
)
from catalog.queries.installation import get_public_key_file

_INVALID, _UNREADABLE = 1, 2
# In the order in which people read them.
_SHOWN = (
    ("speaker", "Speaker"),
    ("team", "May copy the voice"),
    ("allowed_use", "Allowed use"),
    ("use_note", "Project"),
    ("ends_on", "Until"),
    ("accepted_at", "Accepted"),
    ("withdrawal", "Report of withdrawal"),
    ("completed_at", "Complete"),
    ("phrase", "Sentence"),
    ("key_id", "Signed by key"),
)


class Command(BaseCommand):
    help = "Verify a receipt; exit with 1 if it isn't valid, and with 2 if a file can't be read."
    # It needs no database if the key is given.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("receipt", type=Path, metavar="FILE")
        parser.add_argument(
            "--recording", type=Path, metavar="FILE", help="must be what the receipt is about"
        )
        parser.add_argument(
            "--key",
            type=Path,
            metavar="PUBLIC",
            help="the public key that it must be signed with; by default this installation's",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pem = _read(options["key"]) if options["key"] else get_public_key_file().encode()
            fields = verify_receipt(_read(options["receipt"]), read_public_key(pem))
            if options["recording"]:
                _demand_recording(fields, _read(options["recording"]))
        except ReceiptUnreadable as exc:
            raise CommandError(str(exc), returncode=_UNREADABLE) from None
        except ReceiptInvalid as exc:
            raise CommandError(str(exc), returncode=_INVALID) from None
        self.stdout.write("The receipt is valid.")
        for name, label in _SHOWN:
            if fields.get(name):
                self.stdout.write(f"{label}: {fields[name]}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ReceiptUnreadable(f"{path} can't be read: {exc.strerror}.") from None


def _demand_recording(fields: dict[str, Any], content: bytes) -> None:
    if hashlib.sha256(content).hexdigest() != fields.get("recording_sha256"):
        raise ReceiptInvalid("The recording isn't the one that the receipt is about.")
