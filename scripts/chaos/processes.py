"""The processes that are killed and started again: hosts, their workers, and engines."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.servers.binaries import Engine  # noqa: E402
from tests.servers.brokers import running_redis  # noqa: E402
from tests.servers.databases import running_postgres  # noqa: E402
from tests.servers.processes import children_of, find_fork  # noqa: E402
from tests.servers.swift import running_swift  # noqa: E402

HOST = "127.0.0.1"
ALL, WORKER, CHILD, SCHEDULE = "everything", "worker", "child of the worker", "schedule"
# How often each is killed; a worker's child dies alone where the machine runs out of memory.
WEIGHTS = {ALL: 5, WORKER: 1, CHILD: 2, SCHEDULE: 1}
# Each engine is as likely as a worker. With several hosts, it stays away for a while.
ENGINE_WEIGHT, MOST_AWAY_SECONDS = 1, 8.0
# What runs of the product, as the supervisor starts it.
FORKS = ("schedule", "jobs", "analysis", "background")
FOREIGN = ("VOICEBOARD_", "DJANGO_", "DATABASE_URL", "CELERY_")
_PATIENCE_SECONDS = 180.0
_READY = re.compile(rb" jobs: .* ready\.")


@dataclass
class Machine:
    """One host: its data directory, its settings, and the leader of its processes."""

    folder: Path
    settings: dict[str, str]
    log_start: int = 0
    leader: "subprocess.Popen[bytes]" = field(init=False)

    @property
    def log(self) -> Path:
        """The file that keeps what its processes print."""
        return self.folder / "everything.log"

    def start(self) -> None:
        """Start all of its processes."""
        self.log_start = self._log_size()
        with self.log.open("ab") as output:
            self.leader = subprocess.Popen(
                [sys.executable, "-m", "voiceboard.prefork", *FORKS],
                cwd=ROOT,
                env={**os.environ, **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill all of its processes."""
        if self.leader.poll() is None:
            os.killpg(self.leader.pid, signal.SIGKILL)
        self.leader.wait()

    def kill_part(self, name: str, chance: random.Random) -> bool:
        """Kill a worker, one of its children, or the schedule; return whether it was there."""
        found = find_fork(self.leader.pid, SCHEDULE if name == SCHEDULE else "jobs")
        if found and name == CHILD:
            children = children_of(found)
            found = chance.choice(children) if children else None
        if not found:
            return False
        if name == WORKER:
            self.log_start = self._log_size()
        os.kill(found, signal.SIGKILL)
        return True

    def takes_clones(self) -> bool:
        """Return whether the worker for clones that was started last takes tasks."""
        return bool(_READY.search(self.log.read_bytes(), self.log_start))

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


class Processes:
    """All processes besides this one; they end with the block."""

    def __init__(self, has_redis: bool, host_count: int) -> None:
        self._has_redis, self._host_count = has_redis, host_count
        self._stack = ExitStack()
        self._engines: dict[str, Engine] = {}
        self.machines: list[Machine] = []
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        for name in list(os.environ):
            if name.startswith(FOREIGN):
                del os.environ[name]
        place = tempfile.TemporaryDirectory(prefix="voiceboard-chaos-")
        folder = Path(self._stack.enter_context(place))
        shared = {
            "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
            "VOICEBOARD_LOCAL": "0",
            "VOICEBOARD_DEMO_STORY": "0",
            # Restarted workers belong to the same start, as under a supervisor.
            "VOICEBOARD_STARTED_AT": str(time.time()),
            **self._start_engines(folder),
        }
        for number in range(self._host_count):
            own = folder / f"host-{number + 1}"
            own.mkdir()
            settings = {"VOICEBOARD_DATA_DIR": str(own), "VOICEBOARD_HOST_NAME": own.name}
            self.machines.append(Machine(own, settings))
        self.environment = {**shared, **self.machines[0].settings}
        return self

    def _start_engines(self, folder: Path) -> dict[str, str]:
        settings = {}
        if self._has_redis:
            redis = self._stack.enter_context(running_redis(folder))
            self._engines["broker"] = redis
            settings["CELERY_BROKER_URL"] = redis.address
        if self._host_count > 1:
            postgres = self._stack.enter_context(running_postgres())
            swift = self._stack.enter_context(running_swift(folder))
            self._engines |= {"database": postgres, "bucket": swift}
            settings |= {
                "DATABASE_URL": postgres.make_database(),
                "VOICEBOARD_SECRET_KEY": "the same on each host",
                "VOICEBOARD_MASTER_KEY_FILE": str(folder / "master-keys.json"),
                **swift.environment,
            }
        return settings

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for machine in self.machines:
            if hasattr(machine, "leader"):
                machine.kill()
        self._stack.close()

    def start_all(self) -> None:
        """Start what takes the jobs; what they wait in runs already."""
        for machine in self.machines:
            machine.start()

    def keep_up(self) -> None:
        """Restart hosts that have ended, as a supervisor does."""
        for machine in self.machines:
            if machine.leader.poll() is not None:
                machine.start()

    def wait_for_workers(self) -> None:
        """Wait until each host takes clones."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not all(machine.takes_clones() for machine in self.machines):
            if time.monotonic() > end:
                raise SystemExit(f"A worker does not start: {self.machines[0].folder.parent}")
            self.keep_up()
            time.sleep(0.1)

    def kill_one(self, chance: random.Random) -> str:
        """Kill and restart a random process of a random host, or an engine; return which one."""
        weights = WEIGHTS | dict.fromkeys(self._engines, ENGINE_WEIGHT)
        name = chance.choices(list(weights), list(weights.values()))[0]
        if name in self._engines:
            self._engines[name].go()
            time.sleep(chance.uniform(0, MOST_AWAY_SECONDS) if self._host_count > 1 else 0)
            self._engines[name].come()
            return name
        machine = chance.choice(self.machines)
        if name == ALL or not machine.kill_part(name, chance):
            machine.kill()
            machine.start()
            return ALL
        return name


def free_port() -> int:
    """Return an unused port on this machine."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
