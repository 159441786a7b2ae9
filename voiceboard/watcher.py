"""End Voiceboard's processes when the supervisor can no longer do so; run by path, on its own.

It reads ``watch PID`` and ``forget PID`` from its standard input. The end of that input means that
the supervisor is gone, however it went: then every process group still watched is ended.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 5.0
PAUSE_SECONDS = 0.1


def read_groups() -> set[int]:
    """Follow the supervisor until it is gone, and return what it left running."""
    groups: set[int] = set()
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "watch":
            groups.add(int(number))
        elif word == "forget":
            groups.discard(int(number))
    return groups


def end(groups: set[int]) -> None:
    """Ask the leaders to end, and kill what is left of their groups."""
    for leader in groups:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Tell whether there is a process of this number that has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    # Only the end of the input may end it.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(read_groups())
