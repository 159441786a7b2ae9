"""Claim a data directory, so that no two supervisors or restores work in it at once."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

PAUSE_SECONDS = 0.2
# How long the processes of a killed supervisor may take to end.
TAKE_OVER_SECONDS = 20.0


class CannotStart(Exception):
    """Voiceboard can't start; the message says what to do."""


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[int]:
    """Claim a data directory, or raise ``CannotStart``.

    Yield a lock for every process that is started to hold as well: while one of them is left of a
    supervisor that was killed, nobody else may start.
    """
    with _open(data / "supervisor.lock") as mine, _open(data / "processes.lock") as shared:
        if not _lock(mine):
            holder = os.pread(mine, 20, 0).decode("ascii", "replace")
            raise CannotStart(
                f"Voiceboard is already running on {data} (process {holder}). Stop it first,"
                " or choose another directory with VOICEBOARD_DATA_DIR."
            )
        os.ftruncate(mine, 0)
        os.pwrite(mine, str(os.getpid()).encode(), 0)
        deadline = time.monotonic() + TAKE_OVER_SECONDS
        while not _lock(shared):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The previous Voiceboard on {data} is still stopping. Try again."
                )
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
