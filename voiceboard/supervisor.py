"""Run all of Voiceboard with one command: prepare, start, watch over, and end its processes."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from voiceboard.claims import HOST, CannotStart, check_port, only_one
from voiceboard.processes import Service, Surroundings, Watcher, end_in_order

STANDARD_INPUT = 0
TURN_SECONDS = 0.2
WORRY_AFTER_SECONDS = 60.0
# Long enough for most clones; what is cut off goes on after the next start.
WORKER_PATIENCE_SECONDS = 20.0
LINES_OF_FAILURE = 12

GRANIAN = [
    *("granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", HOST),
    # Threads, because much of a request is waiting; more than this Granian warns of.
    *("--workers", "2", "--blocking-threads", str(2 * (os.cpu_count() or 1) + 1)),
    "--respawn-failed-workers",
    *("--workers-kill-timeout", "8", "--no-access-log", "--log-level", "warning"),
]
# The three "without" are about workers knowing of each other, which the embedded queue lacks.
_ANY_WORKER = [
    *("celery", "-A", "voiceboard", "worker", "--loglevel", "INFO"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
]
# Queues that share a worker are served in turn, so a long one holds no other up.
CELERY_WORKER = [*_ANY_WORKER, "--queues", "jobs,requests,deletions", "--hostname", "jobs@%h"]
# Workers of their own: a person waits for these, but not behind or before a clone ...
CELERY_ANALYSIS = [
    *_ANY_WORKER,
    *("--queues", "previews,analysis", "--concurrency", "2", "--hostname", "analysis@%h"),
]
# ... and nobody waits for these.
CELERY_BACKGROUND = [
    *_ANY_WORKER,
    *("--queues", "syncs,maintenance", "--concurrency", "1", "--hostname", "background@%h"),
]
# The only process that loads the speech engine; it is made anew before it takes too much memory.
CELERY_SPEECH = [
    *_ANY_WORKER,
    *("--queues", "speech,speech_ahead", "--concurrency", "1", "--hostname", "speech@%h"),
    *("--max-memory-per-child", "1000000"),
]
# Speaking takes a whole core for as long as it lasts: pages and clones go first.
MODESTLY = ("nice", "-n", "10")
CELERY_BEAT = ["celery", "-A", "voiceboard", "beat", "--loglevel", "INFO"]


class Stop:
    """Whether somebody asked to stop, and whether they asked twice."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._hurry = threading.Event()

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Take note of a signal."""
        (self._hurry if self._asked.is_set() else self._asked).set()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody asks to stop; return whether they did."""
        return self._asked.wait(seconds)

    def is_asked(self) -> bool:
        """Tell whether to stop."""
        return self._asked.is_set()

    def is_hurried(self) -> bool:
        """Tell whether to stop without waiting for anything."""
        return self._hurry.is_set()


def say(line: str) -> None:
    """Print a line, if there still is a terminal."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Supervisor:
    """All the processes of one data directory."""

    def __init__(self, stop: Stop, watcher: Watcher) -> None:
        self._stop = stop
        self._data = Path(settings.DATA_DIR)
        self._around = Surroundings(
            folder=Path(settings.BASE_DIR),
            environment={
                # NumPy's threads spin while they wait: a match's guesses took 20 times as long.
                "OPENBLAS_NUM_THREADS": "1",
                **os.environ,
                "VOICEBOARD_DATA_DIR": str(self._data),
                # Workers look for what may have been sent before this: jobs/base/restore_doubts.py.
                "VOICEBOARD_STARTED_AT": str(time.time()),
                "PYTHONUNBUFFERED": "1",
            },
            logs=self._data / "logs",
            watcher=watcher,
            say=say,
        )
        address = ["--port", str(settings.PORT)]
        self._web = self._service("web", [*GRANIAN, *address, "voiceboard.wsgi:application"])
        self._worker = self._service("worker", CELERY_WORKER, patience=WORKER_PATIENCE_SECONDS)
        self._analysis = self._service("analysis", CELERY_ANALYSIS, is_modest=True)
        self._background = self._service("background", CELERY_BACKGROUND, is_modest=True)
        self._schedule = self._service("schedule", CELERY_BEAT)
        patience = WORKER_PATIENCE_SECONDS
        speech = self._service("speech", CELERY_SPEECH, patience, is_modest=True)
        self._speech = [speech] if settings.LOCAL else []
        self._sandbox = [self._make_sandbox()] if settings.DEMO else []
        self._services = [
            *self._sandbox,
            self._web,
            self._worker,
            self._analysis,
            self._background,
            *self._speech,
            self._schedule,
        ]
        self._started_at = 0.0
        self._had_terminal = os.isatty(STANDARD_INPUT)
        self._is_announced = self._is_worried = False

    def _service(
        self, name: str, module: list[str], patience: float = 10.0, *, is_modest: bool = False
    ) -> Service:
        command = [*(MODESTLY if is_modest else ()), sys.executable, "-m", *module]
        return Service(name, command, self._around, patience)

    def _make_sandbox(self) -> Service:
        command = [sys.executable, "manage.py", "serve_sandbox", "--voices", "300"]
        place = ["--port", str(settings.SANDBOX_PORT), "--state", str(self._data / "sandbox")]
        engine = ["--engine", str(settings.SPEECH_DIR)] if settings.LOCAL else []
        return Service("sandbox", [*command, *place, *engine], self._around)

    def run(self) -> None:
        """Prepare, then keep everything up until asked to stop, then end everything."""
        try:
            self._prepare()
            self._keep_up()
        finally:
            # First what makes work, then what does it, last what the work needs.
            workers = [self._worker, self._analysis, self._background, *self._speech]
            waves = [[self._schedule, self._web], workers, self._sandbox]
            end_in_order(waves, self._stop.is_hurried)

    def _keep_up(self) -> None:
        self._started_at = time.monotonic()
        while not (self._stop.wait(TURN_SECONDS) or self._has_lost_terminal()):
            self._around.watcher.keep_up()
            for service in self._services:
                service.keep_up()
            if not self._is_announced:
                self._announce()
        say("Stopping, once what is being done is finished (Ctrl-C again: at once).")

    def _has_lost_terminal(self) -> bool:
        # Where make leads the session, as under "ssh -t", it keeps the hang-up to itself.
        return self._had_terminal and not os.isatty(STANDARD_INPUT)

    def _prepare(self) -> None:
        steps = [self._step("prepare"), self._step("collectstatic", "--noinput")]
        for step in steps:
            step.start()
        for step in steps:
            code = step.run_to_end(lambda: not self._stop.is_asked())
            if code and not self._stop.is_asked():
                lines = step.log_path.read_text().splitlines()[-LINES_OF_FAILURE:]
                raise CannotStart("\n".join([f"manage.py {step.name} failed:", *lines]))

    def _step(self, name: str, *options: str) -> Service:
        command = [sys.executable, "manage.py", name, *options]
        return Service(name, command, self._around, is_mirrored=False)

    def _announce(self) -> None:
        if self._answers():
            say(f"Voiceboard runs at http://{HOST}:{settings.PORT} (Ctrl-C stops it).")
            say(self._how_to_sign_in())
            for problem in self._find_problems():
                say(f"It is not ready, though: {problem}.")
            self._is_announced = True
        elif not self._is_worried and time.monotonic() > self._started_at + WORRY_AFTER_SECONDS:
            say(f"Voiceboard does not answer yet; what it says is in {self._around.logs}.")
            self._is_worried = True

    def _answers(self) -> bool:
        try:
            for _ in self._sandbox:
                socket.create_connection((HOST, settings.SANDBOX_PORT), timeout=2).close()
            status, _ = self._ask_web("/livez")
        except (OSError, http.client.HTTPException):
            return False
        return status == http.HTTPStatus.OK

    def _find_problems(self) -> list[str]:
        try:
            status, lines = self._ask_web("/readyz")
        except (OSError, http.client.HTTPException):
            return ["it does not answer"]
        return [] if status == http.HTTPStatus.OK else lines[1:]

    def _ask_web(self, path: str) -> tuple[int, list[str]]:
        with contextlib.closing(http.client.HTTPConnection(HOST, settings.PORT, timeout=5)) as web:
            web.request("GET", path)
            answer = web.getresponse()
            return answer.status, answer.read().decode().splitlines()

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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceboard.settings")
    stop = Stop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop.ask)
    try:
        data = Path(settings.DATA_DIR)
        with contextlib.suppress(PermissionError):  # somebody else gave it to us
            data.chmod(0o700)
        with only_one(data) as lock:
            check_port(settings.PORT, "VOICEBOARD_PORT")
            if settings.DEMO:
                check_port(settings.SANDBOX_PORT, "VOICEBOARD_SANDBOX_PORT")
            with contextlib.closing(Watcher(kept_open=[lock])) as watcher:
                Supervisor(stop, watcher).run()
    except (CannotStart, ImproperlyConfigured) as exc:
        say(str(exc))
        return 1
    say("Voiceboard has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
