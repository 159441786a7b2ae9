"""Start all of Voiceboard in a separate directory, as its users do, and stop it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.sandbox import SandboxControl
from tests.migrated import copy_database
from tests.servers.processes import find_fork

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-for-browsers"
# Kept small, so that a file over the limit is small too.
SAMPLE_MAX_MB = 2
SETTLE_SECONDS = 3
_START_SECONDS = 90
_STOP_SECONDS = 60
_SETTINGS = ("VOICEBOARD_", "DJANGO_", "DATABASE_URL", "CELERY_", "PYTEST_")


@dataclass(frozen=True)
class Product:
    """A running Voiceboard and its sandbox."""

    address: str
    sandbox: SandboxControl
    supervisor_pid: int

    def worker_group(self) -> int:
        """Return the process group ID of the worker that makes clones."""
        if (found := find_fork(self.supervisor_pid, "jobs")) is None:
            raise LookupError("The supervisor has no worker now.")
        return found


@contextmanager
def running_product(data: Path) -> Iterator[Product]:
    """Run everything on free ports, with demo data and the sandbox, while the block runs."""
    port, sandbox_port = _free_ports(2)
    output = data / "output.txt"
    copy_database(data / "var")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)},
        "VOICEBOARD_DATA_DIR": str(data / "var"),
        "VOICEBOARD_PORT": str(port),
        "VOICEBOARD_SANDBOX_PORT": str(sandbox_port),
        "VOICEBOARD_DEMO": "1",
        # Tests make what they need.
        "VOICEBOARD_DEMO_STORY": "0",
        # Generating the Local previews would disturb the measurements of pages.
        "VOICEBOARD_LOCAL": "0",
        # Fetching all previews takes as much time as the tests; those that need some ask for them.
        "VOICEBOARD_PREFETCH_AFTER_SECONDS": "86400",
        "VOICEBOARD_DEMO_PASSWORD": PASSWORD,
        # People are signed in once for all tests.
        "VOICEBOARD_CONFIRM_MINUTES": "1440",
        "VOICEBOARD_SETTLE_SECONDS": str(SETTLE_SECONDS),
        "VOICEBOARD_SAMPLE_MAX_MB": str(SAMPLE_MAX_MB),
    }
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "voiceboard.supervisor"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(f"{address}/healthz", process, output)
        sandbox = SandboxControl(f"http://127.0.0.1:{sandbox_port}")
        _wait_until_healthy(f"{sandbox.address}/_control/state", process, output)
        sandbox.give_slots(200)
        yield Product(address, sandbox, process.pid)
    finally:
        _stop(process)


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310  (our own)
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"Voiceboard did not start:\n{output.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # The other processes exit when the supervisor is killed.
        process.kill()
        process.wait()
        raise
