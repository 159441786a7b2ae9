"""Benchmark syncing a large account against the sandbox, and print the ratios.

    python scripts/bench_sync.py [--voices 10000]

An account of the first provider is synced to a new database: once with everything new, five times
without changes, and once without changes while tracing allocations; then the same with a tenth of
the voices. The cost beyond the list itself is the difference to only listing the voices, using the
least of five runs of each, because other work on the machine only increases them. Only this process
is measured, not the sandbox.
"""

import argparse
import collections
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import django
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
_TIMES = 5


class Cost(NamedTuple):
    """The cost of one sync."""

    cpu: float
    statements: int


class Figures(NamedTuple):
    """The costs of syncing one account."""

    seen: int
    first: Cost
    again: Cost
    listing: Cost
    peak: int


def main() -> None:
    """Sync a large and a small account, and compare."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--voices", type=int, default=10_000)
    wanted = reader.parse_args().voices
    with tempfile.TemporaryDirectory(prefix="voiceboard-bench-") as folder:
        prepare(Path(folder))
        many, few = measure(wanted), measure(wanted // 10)
    lines = {
        "voices in one pass": many.seen,
        "CPU of a pass without changes, share of the first": many.again.cpu / many.first.cpu,
        "the same, times that of a tenth of the voices": many.again.cpu / few.again.cpu,
        "the same, in seconds beside the list": many.again.cpu - many.listing.cpu,
        "the list itself, in seconds": many.listing.cpu,
        "its peak of memory, times that of a tenth": many.peak / few.peak,
        "statements per 100 new voices": 100 * many.first.statements / many.seen,
        "statements per 100 unchanged voices": 100 * many.again.statements / many.seen,
    }
    sys.stdout.writelines(f"{name}: {round(value, 2)}\n" for name, value in lines.items())


def prepare(folder: Path) -> None:
    """Create a database in the folder, and set up Django like a worker."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["VOICEBOARD_DATA_DIR"] = str(folder)
    os.environ["VOICEBOARD_DEMO"] = "0"
    os.environ["DJANGO_SETTINGS_MODULE"] = "voiceboard.settings"
    sys.path.insert(0, str(ROOT))
    django.setup()
    call_command("prepare")
    from voiceboard.celery import freeze_imported

    freeze_imported()


def measure(voices: int) -> Figures:
    """Sync an account with this number of voices repeatedly."""
    from catalog.jobs.syncs.run import sync_account

    with run_sandbox(voices) as address:
        account_id = connect(address, voices)

        def fetch() -> Any:
            run = sync_account(account_id, clock)
            if run is None or run.error:
                raise SystemExit(run.error if run else "The account is being fetched already.")
            return run

        first = count(fetch)
        # Alternate, so that a busy moment affects both.
        pairs = [(count(fetch), count(lambda: list_only(address))) for _ in range(_TIMES)]
        again, listing = map(min, zip(*pairs, strict=True))
        tracemalloc.start()
        run = fetch()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return Figures(run.seen_count, first, again, listing, peak)


def list_only(address: str) -> None:
    """Read the whole list and discard it."""
    from catalog.providers.session import open_provider

    slug = address.rpartition("/")[2]
    secrets = {"api_key": f"sandbox-{slug}-full"}
    with open_provider(slug, secrets, address) as provider:
        collections.deque(provider.listing(), maxlen=0)


def clock() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def count(work: Callable[[], Any]) -> Cost:
    """Do the work and return its cost."""
    statements = 0

    def note(execute: Callable[..., Any], *call: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*call)

    started = time.process_time()
    with connection.execute_wrapper(note):
        work()
    return Cost(time.process_time() - started, statements)


def connect(address: str, voices: int) -> int:
    """Create an account at this address with a key; return the account's id."""
    from django.conf import settings

    from catalog.models import Credential, ProviderAccount, Team, User

    slug = address.rpartition("/")[2]
    settings.PROVIDER_BASE_URLS[slug] = address
    team = Team.objects.create(name=f"Bench {voices}")
    owner = User.objects.create_user(f"bench{voices}@example.com", None)
    account = ProviderAccount.objects.create(team=team, provider=slug, ref=str(voices))
    key = Credential(team=team, owner=owner, provider=slug, account=account, health="good")
    key.seal_secrets(f"sandbox-{slug}-full")
    key.save()
    return account.pk


@contextlib.contextmanager
def run_sandbox(voices: int) -> Iterator[str]:
    """Run a sandbox with this number of voices; yield the address of its first provider."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "serve_sandbox", f"--port={port}", f"--voices={voices}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit("The sandbox did not start.")
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
