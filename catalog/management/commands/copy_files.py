"""Copy all media files to another store, such as from a folder to a bucket."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.core.media import get_media_store, open_media_store
from catalog.core.media_store import MediaUnavailable


class Command(BaseCommand):
    help = "Copy all media files to a folder or a bucket; what is there already is left out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, help="a folder, or a URL as in VOICEBOARD_FILES")

    def handle(self, *args: Any, **options: Any) -> None:
        source, target = get_media_store(), open_media_store(options["to"])
        copied = kept = 0
        try:
            there = {each.key: each.size for each in target.list("")}
            for file in source.list(""):
                if there.get(file.key) == file.size:
                    kept += 1
                    continue
                target.write(file.key, source.read_part(file.key, 0, file.size))
                copied += 1
        except (MediaUnavailable, OSError) as exc:
            words = f"Copied {copied:,} files, then stopped. {exc} Run this again to go on."
            raise CommandError(words) from None
        self.stdout.write(f"Copied {copied:,} files; {kept:,} were there already.")
        self.stdout.write("To move, stop Voiceboard, run this again, and set VOICEBOARD_FILES.")
