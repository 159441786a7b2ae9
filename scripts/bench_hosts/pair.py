"""Two hosts to measure, which share PostgreSQL, Redis, and a bucket in Swift."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import httpx  # noqa: E402
from memory import list_tree, read_pss  # noqa: E402, F401  (for the measures)

from tests.e2e.sandbox import SandboxControl  # noqa: E402
from tests.servers.binaries import accepts_connections, free_port  # noqa: E402
from tests.servers.brokers import running_redis  # noqa: E402
from tests.servers.databases import running_postgres  # noqa: E402
from tests.servers.hosts import (  # noqa: E402
    WORKERS,
    is_ready,
    make_host,
    prepare_hosts,
    share_settings,
    sign_in,
)
from tests.servers.installation import kill_process_group  # noqa: E402
from tests.servers.processes import in_time  # noqa: E402
from tests.servers.swift import running_swift  # noqa: E402

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "Accept-Encoding": "gzip, br"}
COUNT_VOICES = """
import django
django.setup()
from catalog.models import Voice
print(Voice.objects.count())
"""
BUILD_INDEXES = """
import django
django.setup()
from catalog.jobs.searches.index import build_due_indexes
build_due_indexes()
"""


class Site:
    """Two hosts, of which one or both run. ``control`` is the sandbox's."""

    def __init__(self, stack: ExitStack, *, has_bucket: bool = True, is_demo: bool = True) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-hosts-")))
        self._port = free_port()
        postgres = stack.enter_context(running_postgres())
        redis = stack.enter_context(running_redis(folder))
        files = {"VOICEBOARD_FILES_SHARED": "1"}
        if has_bucket:
            files = stack.enter_context(running_swift(folder)).environment
        shared = share_settings(
            folder,
            DATABASE_URL=postgres.make_database(),
            CELERY_BROKER_URL=redis.address,
            VOICEBOARD_SANDBOX_PORT=str(self._port),
            VOICEBOARD_DEMO=str(int(is_demo)),
            **files,
        )
        self.hosts = [make_host(folder, name, None, **shared) for name in ("a", "b")]
        for host in self.hosts:
            stack.callback(host.close)
        prepare_hosts(*self.hosts)
        if is_demo:
            self.hosts[0].start(["voiceboard.prefork", "sandbox"])
            if not in_time(lambda: accepts_connections(self._port)):
                raise SystemExit("The sandbox did not start.")
        self._is_demo = is_demo
        self.address = f"http://127.0.0.1:{self._port}"
        self.control = SandboxControl(self.address)
        self._leaders: dict[int, subprocess.Popen[bytes]] = {}
        self.cookies: httpx.Cookies | None = None
        self._is_filled = False

    def start(self, number: int, *names: str, is_pinned: bool = True) -> "subprocess.Popen[bytes]":
        """Start a host, and wait until it serves pages if it is to."""
        host = self.hosts[number]
        leader = self._leaders[number] = host.start(["voiceboard.prefork", *names])
        if is_pinned:
            os.sched_setaffinity(leader.pid, {number % (os.cpu_count() or 1)})
        if "web" in names:
            with self.visit(number) as browser:
                if not in_time(lambda: is_ready(browser)):
                    raise SystemExit("A host did not start.")
                if self.cookies is None and self._is_demo:
                    sign_in(browser)
                    self.cookies = browser.cookies
        return leader

    def fill(self) -> None:
        """Have a host fetch the demo's voices, and build the index, unless that was done."""
        if self._is_filled:
            return
        self._is_filled = True
        self.start(0, *WORKERS, is_pinned=False)
        known = -1
        while known < 1000 or int(self.hosts[0].python(COUNT_VOICES)) > known:
            time.sleep(3)
            known = int(self.hosts[0].python(COUNT_VOICES))
        self.stop()
        self.hosts[0].python(BUILD_INDEXES)

    def stop(self) -> None:
        """End all hosts."""
        for leader in self._leaders.values():
            kill_process_group(leader)
        self._leaders.clear()

    def visit(self, number: int) -> httpx.Client:
        """Return a browser of a signed-in person at a host."""
        browser = httpx.Client(base_url=self.hosts[number].address, timeout=60)
        if self.cookies is not None:
            browser.cookies = self.cookies
        return browser

    def cpu(self) -> float:
        """Return the CPU seconds of all hosts' processes so far, also of ended children."""
        pids = [pid for leader in self._leaders.values() for pid in list_tree(leader.pid)]
        ticks = 0
        for pid in pids:
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, stat[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def opened(*, has_bucket: bool = True, is_demo: bool = True) -> Iterator[Site]:
    """Yield two hosts that are prepared and stopped."""
    with ExitStack() as stack:
        site = Site(stack, has_bucket=has_bucket, is_demo=is_demo)
        stack.callback(site.stop)
        yield site


class Connection:
    """A browser's connection, without what a client library costs."""

    def __init__(self, site: Site, number: int) -> None:
        self._port = int(site.hosts[number].address.rpartition(":")[2])
        cookies = "; ".join(f"{name}={value}" for name, value in (site.cookies or {}).items())
        self._headers = {"Host": "127.0.0.1", "Cookie": cookies, **HTMX}

    async def __aenter__(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def get(self, path: str) -> None:
        """Ask for a page and read it; exits if the answer isn't 200."""
        lines = [
            f"GET {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in self._headers.items()),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"A host answered {head[:40]!r}.")
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
