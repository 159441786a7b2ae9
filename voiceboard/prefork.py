"""Run web, workers and schedule as forks of one process, which share what it has imported.

    python -m voiceboard.prefork [NAME ...]

Most of a process's memory is what it imports, and forks share it until one of them writes to it.
Each fork is a server or worker of its own, so that no kind of work waits for another. The process
itself only starts again what has ended.
"""

import argparse
import contextlib
import gc
import importlib
import logging
import math
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import django
from celery.signals import beat_init, worker_init
from django.conf import settings
from django.core.management import call_command
from granian.cli import cli as granian

from catalog.core.process_lock import CannotStart
from voiceboard.celery import app, refuse_at_start
from voiceboard.locks import HOST, check_port
from voiceboard.log_lines import name_process
from voiceboard.processes import Pauses, describe_end, kill_group
from voiceboard.startup_checks import refuse_unfit

logger = logging.getLogger("voiceboard.prefork")

TURN_SECONDS = 0.2
GRACE_SECONDS = 5.0
# How long workers wait for the sandbox at the start: a key that it can't check is tried again late.
SANDBOX_SECONDS = 15.0
# Speaking and listening take a core for as long as they last: pages and clones go first.
MODESTY = 10

GRANIAN = [
    *("--interface", "wsgi", "--http", "1", "--no-ws"),
    # Each request that is under way takes a thread, also while a slow upload arrives. Granian
    # starts threads when they are needed, and ends those that idle.
    *("--workers", "2", "--blocking-threads", "16"),
    "--respawn-failed-workers",
    *("--workers-kill-timeout", "8", "--no-access-log", "--log-level", "warning"),
    "voiceboard.wsgi:application",
]
GRANIAN_LOGS = Path(__file__).with_name("granian_json.json")
WORKERS: dict[str, dict[str, Any]] = {
    # Queues that share a worker are served in turn, so a long one holds no other up.
    "jobs": {"queues": "jobs,requests,deletions"},
    # A person waits for these, but not behind or before a clone ...
    "analysis": {"queues": "previews,mail,analysis", "concurrency": 2},
    # ... and nobody waits for these.
    "background": {"queues": "syncs,maintenance", "concurrency": 1},
    # The only one that loads the speech engine; its child is replaced before it takes too much.
    "speech": {
        "queues": "speech,speech_ahead",
        "concurrency": 1,
        "max_memory_per_child": 1_000_000,
    },
}
# About workers knowing of each other, which the embedded queue lacks.
_APART = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
NAMES = ("sandbox", "web", "metrics", "schedule", *WORKERS)
_MODEST = frozenset({"analysis", "background", "speech"})
# First what makes work, then what does it, last what the work needs.
_ENDS = (("web", "metrics", "schedule"), tuple(WORKERS), ("sandbox",))
# What each of them would import only once it starts.
_SHARED = (
    *("celery.apps.worker", "celery.apps.beat", "celery.app.amqp", "celery.app.log"),
    *("celery.concurrency.prefork", "celery.worker.components", "celery.worker.consumer"),
    *("celery.worker.control", "granian.server.mp"),
    *("django.core.handlers.wsgi", settings.ROOT_URLCONF),
    *(name.rpartition(".")[0] for name in settings.MIDDLEWARE),
    *(["catalog.sandbox"] if settings.DEMO else []),
)


def load() -> None:
    """Import what the forks need, and see to it that their memory stays shared."""
    gc.disable()
    django.setup()
    app.loader.import_default_modules()
    app.finalize()
    for name in _SHARED:
        importlib.import_module(name)
    # A collection writes to every object that it looks at, and a page that is written to is copied.
    gc.collect()
    gc.freeze()


def check(names: Sequence[str]) -> int:
    """Return the exit code of a process that looks whether these may run here."""
    if "web" in names:
        try:
            # Granian shares a port that is in use: requests would go to either of the two.
            check_port(settings.PORT, "VOICEBOARD_PORT")
        except CannotStart as exc:
            say(str(exc))
            return 1
    pid = os.fork()
    if pid == 0:
        _end(refuse_unfit)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Forks:
    """The processes that were forked, and when those that have ended start again."""

    def __init__(self, names: Sequence[str]) -> None:
        self._starts = dict.fromkeys(names, 0.0)
        self._pauses = {name: Pauses() for name in names}
        self._running: dict[int, tuple[str, float]] = {}
        self._sandbox_by = time.monotonic() + SANDBOX_SECONDS if "sandbox" in names else 0.0
        # Nothing is ever written to it: its end tells the forks that this process is gone.
        self._lifeline, self._held = os.pipe()

    def keep_up(self) -> None:
        """Start what is due, and note what has ended."""
        for name, at in list(self._starts.items()):
            if time.monotonic() >= at and not (name in WORKERS and self._awaits_sandbox()):
                del self._starts[name]
                self._start(name)
        for name, seconds_up, code in self._collect():
            pause = self._pauses[name].after(seconds_up)
            self._starts[name] = time.monotonic() + pause
            logger.warning("%s %s; restarting in %g s", name, describe_end(code), pause)

    def _awaits_sandbox(self) -> bool:
        if time.monotonic() >= self._sandbox_by:
            return False
        try:
            socket.create_connection((HOST, settings.SANDBOX_PORT), timeout=1).close()
        except OSError:
            return True
        self._sandbox_by = 0.0
        return False

    def _start(self, name: str) -> None:
        pid = os.fork()
        if pid == 0:
            os.close(self._held)
            _become(name, self._lifeline)
        with contextlib.suppress(OSError):  # it did so itself, or is gone already
            os.setpgid(pid, pid)
        self._running[pid] = (name, time.monotonic())

    def _collect(self) -> list[tuple[str, float, int]]:
        """Return which processes have ended, after how long and how; kill what they left."""
        ended = []
        for pid in list(self._running):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                name, started_at = self._running.pop(pid)
                # The children of a worker that was killed would go on beside those of the next.
                kill_group(pid)
                seconds_up = time.monotonic() - started_at
                ended.append((name, seconds_up, os.waitstatus_to_exitcode(status)))
        return ended

    def end(self, patience: float = math.inf) -> None:
        """Have all finish what they are doing, and wait for them as long as patience lasts."""
        deadline = time.monotonic() + patience
        for names in _ENDS:
            for pid, (name, _) in self._running.items():
                if name in names:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)
            while time.monotonic() < deadline and any(
                name in names for name, _ in self._running.values()
            ):
                self._collect()
                time.sleep(TURN_SECONDS / 4)


def _become(name: str, lifeline: int) -> NoReturn:
    """Be the process of this name from now on."""
    os.setpgid(0, 0)
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True, name="lifeline").start()
    with contextlib.suppress(OSError):  # what "ps" and "top" call it, where that can be chosen
        Path("/proc/self/comm").write_text(name)
    os.nice(MODESTY if name in _MODEST else 0)
    name_process(settings.LOGGING, name)
    # The process that forked this one has had it checked.
    worker_init.disconnect(refuse_at_start)
    beat_init.disconnect(refuse_at_start)
    gc.enable()
    _end(lambda: _run(name))


def _end(work: Callable[[], None]) -> NoReturn:
    """Do some work and end this process with it, running nothing of the one it was forked from."""
    code: object = 1
    try:
        work()
        code = 0
    except SystemExit as exc:
        code = exc.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        if isinstance(code, str):
            say(code)
        os._exit(code if isinstance(code, int) else 1)


def _run(name: str) -> None:
    if name == "web":
        options = [*GRANIAN, "--host", settings.BIND, "--port", str(settings.PORT)]
        if settings.LOGS_JSON:
            options += ["--log-config", str(GRANIAN_LOGS)]
        granian(options, standalone_mode=False)
    elif name == "metrics":
        from voiceboard.metrics import serve_metrics  # noqa: PLC0415  (needs an extra)

        serve_metrics()
    elif name == "schedule":
        app.Beat(loglevel="INFO").run()
    elif name == "sandbox":
        engine = settings.SPEECH_DIR if settings.LOCAL else None
        place = {"port": settings.SANDBOX_PORT, "state": settings.DATA_DIR / "sandbox"}
        call_command("serve_sandbox", voices=300, engine=engine, **place)
    else:
        node = f"{name}@{settings.HOST_NAME}"
        worker = app.Worker(hostname=node, loglevel="INFO", **_APART, **WORKERS[name])
        worker.start()
        sys.exit(worker.exitcode)


def _end_with(lifeline: int) -> None:
    """End this process and its children at once when the one that forked it is gone."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def say(line: str) -> None:
    """Print a line at once: what is kept back would be printed by each fork."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Keep up what the command line names, or all of it, until asked to end."""
    reader = argparse.ArgumentParser(description=__doc__, prog="python -m voiceboard.prefork")
    reader.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    reader.add_argument("--with-stdin", action="store_true", help="end when standard input does")
    options = reader.parse_args()
    if unknown := set(options.names) - set(NAMES):
        reader.error(f"unknown: {', '.join(sorted(unknown))}")
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, ask)
    load()
    unused = {
        "sandbox": not settings.DEMO,
        "metrics": not settings.METRICS_BIND,
        "speech": not settings.LOCAL,
    }
    names = options.names or [name for name in NAMES if not unused.get(name)]
    if code := check(names):
        return code
    forks = Forks(names)
    while not stop.wait(TURN_SECONDS):
        if options.with_stdin and select.select([sys.stdin], [], [], 0)[0]:
            # Who started this one was killed; what is left of the forks ends with this process.
            forks.end(GRACE_SECONDS)
            return 0
        forks.keep_up()
    forks.end()
    return 0


if __name__ == "__main__":
    # Django's checks would import what no worker needs; tests run them.
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    sys.exit(main())
