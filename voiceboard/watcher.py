"""Ends Voiceboard's processes if the supervisor can't; run as a script, without imports of ours.

It reads ``watch PID`` and ``forget PID`` from standard input. The end of input means that the
supervisor is gone, for whatever reason: then all process groups still watched are ended.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 5.0
PAUSE_SECONDS = 0.1


def read_groups() -> set[int]:
    """Follow the supervisor until it is gone; return the process groups it left running."""
    groups: set[int] = set()
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "watch":
            groups.add(int(number))
        elif word == "forget":
            groups.discard(int(number))
    return groups


def end(groups: set[int]) -> None:
    """Terminate the group leaders, then kill what is left of their groups."""
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
    """Return whether a process with this id is running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    # Only the end of input may end it.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(read_groups())
