"""Claim a data directory and ports for one supervisor, or say in words why not."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"
PAUSE_SECONDS = 0.2
# How long the processes of a supervisor that was killed may take to end.
TAKE_OVER_SECONDS = 20.0


class CannotStart(Exception):
    """Voiceboard cannot start; the message tells the person at the terminal what to do."""


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[int]:
    """Claim a data directory, or raise ``CannotStart``.

    Yield a lock for the watcher to hold as well: while that one ends what a killed supervisor has
    left, nobody else may start.
    """
    with _open(data / "supervisor.lock") as mine, _open(data / "watcher.lock") as shared:
        if not _lock(mine):
            holder = os.pread(mine, 20, 0).decode("ascii", "replace")
            raise CannotStart(
                f"Voiceboard already runs on {data} (process {holder}). Stop that one first,"
                " or choose another directory with VOICEBOARD_DATA_DIR."
            )
        os.ftruncate(mine, 0)
        os.pwrite(mine, str(os.getpid()).encode(), 0)
        deadline = time.monotonic() + TAKE_OVER_SECONDS
        while not _lock(shared):
            if time.monotonic() > deadline:
                raise CannotStart(f"What last ran on {data} has not ended yet. Try again.")
            time.sleep(PAUSE_SECONDS)
        yield shared


@contextlib.contextmanager
def _open(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def check_port(port: int, variable: str) -> None:
    """Raise ``CannotStart`` when something else listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise CannotStart(
                f"Port {port} cannot be used: {exc.strerror}. Stop what uses it, or choose"
                f" another port with {variable}, for example {variable}={port + 1}."
            ) from exc
