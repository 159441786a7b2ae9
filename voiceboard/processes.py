"""Start processes, start them again when they die, and end them with all their children."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voiceboard.log_files import keep_output

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 60.0
# How long the last lines of a process may take to arrive.
READING_SECONDS = 5.0


class Pauses:
    """How long to wait before a start: longer each time, until the process has stayed up."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE_SECONDS

    def after(self, seconds_up: float) -> float:
        """Return the pause after a process that was up for so long."""
        if seconds_up >= HEALTHY_AFTER_SECONDS:
            self._next = FIRST_PAUSE_SECONDS
        pause = self._next
        self._next = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return pause


@dataclass(frozen=True)
class Surroundings:
    """What all processes share."""

    folder: Path
    environment: dict[str, str]
    logs: Path
    say: Callable[[str], None]
    # A lock that is held until the last of them has ended.
    kept_open: tuple[int, ...] = ()


@dataclass
class Service:
    """A process that shall run, with all the processes it starts.

    Its standard input ends when this process dies, however that happens.
    """

    name: str
    command: Sequence[str]
    around: Surroundings
    # How long it may take to finish what it is doing.
    patience: float = 10.0
    # Whether warnings and errors also go to the terminal.
    is_mirrored: bool = True
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _pauses: Pauses = field(default_factory=Pauses, init=False)
    _started_at: float = field(default=0.0, init=False)
    _start_at: float = field(default=0.0, init=False)
    _reader: threading.Thread | None = field(default=None, init=False)

    def keep_up(self) -> None:
        """Start the process if it is time to, and notice when it has ended."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self.start()
        elif (code := self._clear_up()) is not None:
            pause = self._pauses.after(time.monotonic() - self._started_at)
            self._start_at = time.monotonic() + pause
            self.around.say(
                f"{self.name} {describe_end(code)}; restarting in {pause:g} s (see {self.log_path})"
            )

    @property
    def log_path(self) -> Path:
        """Return the file that keeps what the process prints."""
        return self.around.logs / f"{self.name}.log"

    def start(self) -> None:
        """Start the process in a group of its own, so that a Ctrl-C does not reach it."""
        self._process = subprocess.Popen(  # noqa: S603  (commands are written in the supervisor)
            self.command,
            cwd=self.around.folder,
            env=self.around.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.around.kept_open,
            start_new_session=True,
        )
        self._started_at = time.monotonic()
        self._reader = threading.Thread(
            target=keep_output,
            args=(self._process.stdout, self.log_path, self._show),
            daemon=True,
        )
        self._reader.start()

    def _show(self, line: str) -> None:
        if self.is_mirrored:
            self.around.say(f"{self.name}: {line}")

    def end(self, is_hurried: Callable[[], bool]) -> None:
        """Let the process finish what it is doing, and kill it when that exceeds its patience."""
        if self._process is not None:
            # Only the leader, which ends its children in order: Celery's would drop their tasks.
            self._process.terminate()
        latest = time.monotonic() + self.patience
        while not (self.has_ended() or is_hurried() or time.monotonic() > latest):
            time.sleep(0.05)
        self.kill()

    def has_ended(self) -> bool:
        """Tell whether the process has ended, and clear up what it left."""
        self._clear_up()
        return self._process is None

    def kill(self) -> None:
        """End the process and all its children now."""
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()
            self._clear_up()

    def run_to_end(self, is_wanted: Callable[[], bool]) -> int:
        """Wait for a process that ends by itself, and return its exit code; kill it if unwanted."""
        while (code := self._clear_up()) is None:
            if not is_wanted():
                self.kill()
                return -signal.SIGKILL
            time.sleep(0.05)
        return code

    def _clear_up(self) -> int | None:
        """Kill the children of a leader that has ended, and return its exit code."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        # A leader that was killed leaves its children, and those hold the port.
        kill_group(self._process.pid)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
        if self._reader is not None:
            # Until all ends of its output are closed; the rest of it is in the log by then.
            self._reader.join(READING_SECONDS)
        return code


def kill_group(group: int) -> None:
    """Kill every process of a group that is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def describe_end(code: int) -> str:
    """Say how a process ended."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"exited with code {code}"
