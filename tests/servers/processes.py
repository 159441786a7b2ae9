"""Waiting, and finding processes of this machine."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 180.0


def in_time(has_happened: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until ``has_happened``. Return ``False`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not has_happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def children_of(pid: int, word: str = "") -> list[int]:
    """Return the living children of a process whose command line has a word in it."""
    listing = subprocess.run(
        # With "w" twice, ps doesn't cut command lines to the width of the terminal.
        ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [line.split(maxsplit=3) for line in listing.splitlines()]
    return [
        int(row[0])
        for row in rows
        if len(row) == 4 and row[1] == str(pid) and row[2][0] != "Z" and word in row[3]
    ]


def find_fork(pid: int, name: str) -> int | None:
    """Return the fork with this name below a process; see voiceboard/prefork.py."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat=,comm="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    parents = {row[1] for row in rows} & {str(pid), *(str(each) for each in children_of(pid))}
    found = [row for row in rows if row[1] in parents and row[2][0] != "Z" and row[3] == name]
    return int(found[0][0]) if found else None


def is_gone(pid: int) -> bool:
    """Return whether a process has ended. A zombie counts as ended."""
    answer = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()[:1] in {"", "Z"}
