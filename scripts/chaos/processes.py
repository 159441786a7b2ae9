"""The processes that are killed and started again: workers, schedule and Redis."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.servers.processes import children_of, find_fork  # noqa: E402

HOST = "127.0.0.1"
ALL, WORKER, CHILD = "everything", "worker", "child of the worker"
SCHEDULE, REDIS = "schedule", "broker"
# How often each is killed; a worker's child dies alone where the machine runs out of memory.
WEIGHTS = {ALL: 5, WORKER: 1, CHILD: 2, SCHEDULE: 1, REDIS: 1}
# What runs of the product, as the supervisor starts it.
FORKS = ("schedule", "jobs", "analysis", "background")
FOREIGN = ("VOICEBOARD_", "DJANGO_", "DATABASE_URL", "CELERY_")
_PATIENCE_SECONDS = 60.0
_READY = re.compile(rb" jobs: .* ready\.")


class Processes:
    """All processes besides this one; they end with the block."""

    def __init__(self, folder: Path, has_redis: bool) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log_starts = 0
        self._redis_port = free_port() if has_redis else None
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
            "VOICEBOARD_DATA_DIR": str(folder),
            "VOICEBOARD_LOCAL": "0",
            "VOICEBOARD_DEMO_STORY": "0",
            # Restarted workers belong to the same start, as under a supervisor.
            "VOICEBOARD_STARTED_AT": str(time.time()),
        }
        if has_redis:
            self.environment["CELERY_BROKER_URL"] = f"redis://{HOST}:{self._redis_port}/0"
        for name in list(os.environ):
            if name.startswith(FOREIGN):
                del os.environ[name]

    def __enter__(self) -> Self:
        if self._redis_port is not None:
            self._start(REDIS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self._running):
            self._kill(name)

    def start_all(self) -> None:
        """Start what takes the jobs; what they wait in runs already."""
        self._start(ALL)

    def keep_up(self) -> None:
        """Restart processes that have ended."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self._start(name)

    def wait_for_worker(self) -> None:
        """Wait until the worker for clones that was started last takes tasks."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not _READY.search(self._log(ALL).read_bytes(), self._log_starts):
            if time.monotonic() > end:
                raise SystemExit(f"The worker does not start: {self._log(ALL)}")
            self.keep_up()
            time.sleep(0.1)

    def kill_one(self, chance: random.Random) -> str:
        """Kill and restart a random process; return which one."""
        names = [name for name in WEIGHTS if name != REDIS or self._redis_port is not None]
        name = chance.choices(names, [WEIGHTS[each] for each in names])[0]
        worker = find_fork(self._running[ALL].pid, "jobs")
        if name == CHILD and worker and (children := children_of(worker)):
            os.kill(chance.choice(children), signal.SIGKILL)
        elif name in {WORKER, SCHEDULE} and (found := self._find(name, worker)):
            self._log_starts = self._log(ALL).stat().st_size if name == WORKER else self._log_starts
            os.kill(found, signal.SIGKILL)
        else:
            name = name if name == REDIS else ALL
            self._kill(name)
            self._start(name)
        return name

    def _find(self, name: str, worker: int | None) -> int | None:
        return worker if name == WORKER else find_fork(self._running[ALL].pid, name)

    def _start(self, name: str) -> None:
        commands = {
            ALL: [sys.executable, "-m", "voiceboard.prefork", *FORKS],
            REDIS: [
                *("redis-server", "--bind", HOST, "--port", str(self._redis_port)),
                *("--save", "", "--appendonly", "no"),
            ],
        }
        log = self._log(name)
        if name == ALL:
            self._log_starts = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._running[name] = subprocess.Popen(
                commands[name],
                cwd=ROOT if name != REDIS else self._folder,
                env=os.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _kill(self, name: str) -> None:
        process = self._running.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


def free_port() -> int:
    """Return an unused port on this machine."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
