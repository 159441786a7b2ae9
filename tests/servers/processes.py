"""Waiting, and finding processes of this machine."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 180.0


def in_time(has_happened: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until ``has_happened``. Return ``False`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not has_happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def children_of(pid: int, word: str = "") -> list[int]:
    """Return the living children of a process whose command line has a word in it."""
    return [
        each.pid for each in _living_processes() if each.parent == pid and word in each.command_line
    ]


def find_fork(pid: int, name: str) -> int | None:
    """Return the fork with this name below a process; see voiceboard/prefork.py."""
    living = list(_living_processes())
    parents = {pid, *(each.pid for each in living if each.parent == pid)}
    found = (each.pid for each in living if each.parent in parents and each.name == name)
    return next(found, None)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended. A zombie counts as ended."""
    return all(each.pid != pid for each in _living_processes())


class _Process(NamedTuple):
    pid: int
    parent: int
    name: str

    @property
    def command_line(self) -> str:
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_text()
        except OSError:
            return ""


def _living_processes() -> Iterator[_Process]:
    """Read them from the system, in a quarter of the time that ``ps`` takes."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            before, _, after = file.read_text().rpartition(")")
        except OSError:
            continue
        pid, _, name = before.partition(" (")
        state, parent = after.split()[:2]
        if state != "Z":
            yield _Process(int(pid), int(parent), name)
