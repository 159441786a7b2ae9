"""Load-test the real web server with filter requests from many concurrent clients.

Runs on the same cores as the server, so the clients' cost is included.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import brotli

from voiceboard.prefork import GRANIAN

_CONNECTIONS = 8
_START_SECONDS = 60
# The headers of htmx and of a typical browser.
_HEADERS = {
    "Host": "127.0.0.1",
    "HX-Request": "true",
    "HX-Request-Type": "partial",
    "Accept-Encoding": "gzip, deflate, br",
}


class Server:
    """Voiceboard's web processes as started by "make start", on this data directory."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self._pid = port, pid

    def memory(self) -> float:
        """Return the resident memory of the largest process in MB."""
        return max(int(stat[21]) for stat in self._read()) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu(self) -> float:
        """Return the CPU seconds used by all processes so far."""
        ticks = sum(int(stat[11]) + int(stat[12]) for stat in self._read())
        return ticks / os.sysconf("SC_CLK_TCK")

    def _read(self) -> list[list[str]]:
        """Return each process's fields from /proc, starting with its state (man 5 proc)."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                stat = path.read_text().rpartition(")")[2].split()
                if self._pid in {int(path.parent.name), int(stat[1])}:
                    found.append(stat)
        return found


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """Start the web server on a free port, and end it with all of its processes."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *GRANIAN, "--port", str(port)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "voiceboard.settings"},
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        _wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("The web server did not start.")


def count_answers(
    port: int, session: str, paths: Sequence[str], seconds: float
) -> tuple[int, float]:
    """Return the number of complete responses with status 200, and the elapsed seconds."""
    return asyncio.run(_crowd(port, session, paths, seconds))


def count_missing(port: int, session: str, path: str, words: bytes) -> int:
    """Return how many of 40 responses, from any process, don't contain the words."""
    return sum(words not in asyncio.run(_ask_once(port, session, path)) for _ in range(40))


async def _ask_once(port: int, session: str, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _send(writer, path, session)
    answer = await _read_answer(reader)
    writer.close()
    return brotli.decompress(answer)


async def _crowd(
    port: int, session: str, paths: Sequence[str], seconds: float
) -> tuple[int, float]:
    counts = [0] * _CONNECTIONS
    start = time.monotonic()
    async with asyncio.timeout(seconds * 3 + _START_SECONDS), asyncio.TaskGroup() as group:
        for place in range(_CONNECTIONS):
            group.create_task(_ask(place, port, session, paths, start + seconds, counts))
    return sum(counts), time.monotonic() - start


async def _ask(
    place: int, port: int, session: str, paths: Sequence[str], end: float, counts: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in itertools.islice(itertools.cycle(paths), place * 7, None):
        if time.monotonic() > end:
            break
        _send(writer, path, session)
        await _read_answer(reader)
        counts[place] += 1
    writer.close()


def _send(writer: asyncio.StreamWriter, path: str, session: str) -> None:
    lines = [f"{name}: {value}" for name, value in _HEADERS.items()]
    lines = [f"GET {path} HTTP/1.1", *lines, f"Cookie: sessionid={session}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise SystemExit(f"The server answered {head[:40]!r}.")
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))
