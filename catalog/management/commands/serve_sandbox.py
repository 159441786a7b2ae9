"""Run the sandbox providers until interrupted."""

import signal
import sqlite3
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.sandbox import Sandbox


class Command(BaseCommand):
    help = "Serve the sandbox providers on a loopback port."
    # It needs neither the database nor the rest of the app.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8900)
        parser.add_argument("--voices", type=int, default=60, help="number of voices per provider")
        parser.add_argument(
            "--state", type=Path, help="directory that keeps the state across restarts"
        )

        parser.add_argument("--engine", type=Path, help="directory of the speech engine to use")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        try:
            sandbox = Sandbox(
                voices=options["voices"],
                state=options["state"],
                port=options["port"],
                engine=options["engine"],
            )
        except (OSError, sqlite3.Error) as exc:
            raise CommandError(f"The sandbox can't start: {exc}") from exc
        with sandbox:
            for slug in sandbox.slugs:
                self.stdout.write(f"Sandbox provider at {sandbox.url(slug)}")
            self.stdout.flush()
            stop.wait()
