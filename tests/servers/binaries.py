"""Find the programs of real servers, and run them during a test."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.servers.processes import PATIENCE_SECONDS, in_time

HOST = "127.0.0.1"


def find_program(name: str, *folders: str) -> Path:
    """Return the path of a program. If it's missing, skip the test, or fail it in CI."""
    places = [str(place) for folder in folders for place in sorted(Path("/").glob(folder))]
    found = shutil.which(name, path=os.pathsep.join([*reversed(places), os.environ["PATH"]]))
    if found is None:
        missing = f"There is no {name} on this machine."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return Path(found)


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def accepts_connections(port: int) -> bool:
    """Return whether something listens on a port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(
    command: Sequence[str | Path], folder: Path, **options: Any
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server that logs to ``folder``. It ends with the block, with all its processes."""
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **options,
        )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(PATIENCE_SECONDS)
        finally:
            # The shell scripts that start some servers leave children.
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)


EngineT = TypeVar("EngineT", bound="Engine")


class Engine:
    """A server that a test can take away for a while. It comes back with the same address."""

    crash = signal.SIGKILL

    def __init__(self, command: Sequence[str | Path], folder: Path, port: int, **user: Any) -> None:
        self.port = port
        self._command, self._folder, self._user = command, folder, user
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def answers(self) -> bool:
        """Return whether the server can be used."""
        return accepts_connections(self.port)

    def come(self) -> None:
        """Start it, and wait until it answers."""
        server = running(self._command, self._folder, **self._user)
        self._process = self._stack.enter_context(server)
        assert in_time(self.answers), f"{self._command[0]} did not start."

    def go(self) -> None:
        """Have it crash."""
        assert self._process is not None
        self._process.send_signal(self.crash)
        self.end()

    def end(self) -> None:
        """Have it end in order."""
        self._stack.close()


@contextmanager
def running_engine(engine: EngineT) -> Iterator[EngineT]:
    """Run a server; it ends with the block."""
    try:
        engine.come()
        yield engine
    finally:
        engine.end()
