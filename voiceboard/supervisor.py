"""Run all of Voiceboard with one command: prepare, start, start again what dies, end."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from catalog.core.process_lock import CannotStart, only_one
from voiceboard.locks import HOST, check_port
from voiceboard.processes import Service, Surroundings

STANDARD_INPUT = 0
TURN_SECONDS = 0.2
WORRY_AFTER_SECONDS = 60.0
# Long enough for most clones; what is cut off goes on after the next start.
PATIENCE_SECONDS = 30.0
LINES_OF_FAILURE = 12
SERVER = ["-m", "voiceboard.prefork", "--with-stdin"]


class Stop:
    """Whether a stop was requested, and whether it was requested twice."""

    def __init__(self) -> None:
        self.asked, self.hurried = threading.Event(), threading.Event()

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Take note of a signal."""
        (self.hurried if self.asked.is_set() else self.asked).set()


def say(line: str) -> None:
    """Print a line, if there still is a terminal."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Supervisor:
    """All the processes of one data directory."""

    def __init__(self, stop: Stop, around: Surroundings, ports: Sequence[int]) -> None:
        self._stop, self._around, self._ports = stop, around, ports
        command = [sys.executable, *SERVER]
        self._server = Service("voiceboard", command, around, PATIENCE_SECONDS)
        self._started_at = 0.0
        self._had_terminal = os.isatty(STANDARD_INPUT)
        self._is_announced = self._is_worried = False

    def run(self) -> None:
        """Prepare, then keep everything up until asked to stop, then end everything."""
        self._prepare()
        self._started_at = time.monotonic()
        try:
            while not (self._stop.asked.wait(TURN_SECONDS) or self._has_lost_terminal()):
                self._server.keep_up()
                if not self._is_announced:
                    self._announce()
            say("Stopping when running work is finished. Press Ctrl-C again to stop now.")
        finally:
            self._server.end(self._stop.hurried.is_set)

    def _has_lost_terminal(self) -> bool:
        # Where make leads the session, as under "ssh -t", it keeps the hang-up to itself.
        return self._had_terminal and not os.isatty(STANDARD_INPUT)

    def _prepare(self) -> None:
        steps = [self._step("prepare"), self._step("collectstatic", "--noinput")]
        for step in steps:
            step.start()
        for step in steps:
            code = step.run_to_end(lambda: not self._stop.asked.is_set())
            if code and not self._stop.asked.is_set():
                lines = step.log_path.read_text().splitlines()[-LINES_OF_FAILURE:]
                raise CannotStart("\n".join([f"manage.py {step.name} failed:", *lines]))

    def _step(self, name: str, *options: str) -> Service:
        command = [sys.executable, "manage.py", name, *options]
        return Service(name, command, self._around, is_mirrored=False)

    def _announce(self) -> None:
        if self._answers():
            say(f"Voiceboard is running at http://{HOST}:{self._ports[0]} (press Ctrl-C to stop).")
            say(self._how_to_sign_in())
            status, lines = self._ask_web("/readyz")
            for problem in lines[1:] if status != http.HTTPStatus.OK else ():
                say(f"It isn't ready yet: {problem}.")
            self._is_announced = True
        elif not self._is_worried and time.monotonic() > self._started_at + WORRY_AFTER_SECONDS:
            say(f"Voiceboard isn't responding yet. See the logs in {self._around.logs}.")
            self._is_worried = True

    def _answers(self) -> bool:
        try:
            for port in self._ports:
                socket.create_connection((HOST, port), timeout=2).close()
        except OSError:
            return False
        return self._ask_web("/livez")[0] == http.HTTPStatus.OK

    def _ask_web(self, path: str) -> tuple[int, list[str]]:
        """Return the status and the lines of the web server's answer; status 0 without one."""
        web = http.client.HTTPConnection(HOST, self._ports[0], timeout=5)
        try:
            web.request("GET", path)
            answer = web.getresponse()
            return answer.status, answer.read().decode().splitlines()
        except (OSError, http.client.HTTPException):
            return 0, ["", "it isn't responding"]
        finally:
            web.close()

    def _how_to_sign_in(self) -> str:
        # Not a service: what it prints may hold a password, and must not come into a log.
        answer = subprocess.run(
            [sys.executable, "manage.py", "sign_in"],
            cwd=self._around.folder,
            env=self._around.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return (answer.stdout or answer.stderr).rstrip()


def main() -> int:
    """Run Voiceboard until Ctrl-C; return the exit code."""
    stop = Stop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop.ask)
    try:
        # A setting that makes no sense is refused here.
        from voiceboard.basics import BASE_DIR, DATA_DIR, DEMO, PORT, SANDBOX_PORT  # noqa: PLC0415

        with contextlib.suppress(PermissionError):  # it belongs to another user
            DATA_DIR.chmod(0o700)
        with only_one(DATA_DIR) as lock:
            ports = {"VOICEBOARD_PORT": PORT}
            if DEMO:
                ports["VOICEBOARD_SANDBOX_PORT"] = SANDBOX_PORT
            for variable, port in ports.items():
                check_port(port, variable)
            environment = {
                # NumPy's threads spin while they wait: a match's guesses took 20 times as long.
                "OPENBLAS_NUM_THREADS": "1",
                **os.environ,
                "VOICEBOARD_DATA_DIR": str(DATA_DIR),
                # See catalog/jobs/base/restore_doubts.py.
                "VOICEBOARD_STARTED_AT": str(time.time()),
                "PYTHONUNBUFFERED": "1",
            }
            around = Surroundings(BASE_DIR, environment, DATA_DIR / "logs", say, (lock,))
            Supervisor(stop, around, [*ports.values()]).run()
    except (CannotStart, ImproperlyConfigured) as exc:
        say(str(exc))
        return 1
    say("Voiceboard has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
