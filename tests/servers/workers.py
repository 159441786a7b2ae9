"""Real Celery workers that tests can stop and kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tests.servers.processes import PATIENCE_SECONDS, ROOT, children_of
from tests.servers.recording_app import app, lines_of


class Workers:
    """Workers of the recording app on one broker; all end with the ``with`` block."""

    def __init__(self, broker_url: str, folder: Path) -> None:
        self.record = folder / "record"
        self.log = folder / "worker.log"
        self._broker_url = broker_url
        # These workers don't use Django: their app isn't Voiceboard's and has no database.
        others = {
            name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
        }
        self._environment = {
            **others,
            "RECORDING_BROKER_URL": broker_url,
            "RECORDING_FILE": str(self.record),
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Workers":
        self.record.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in list(self._running):
            self.kill(worker)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a worker with two processes."""
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "celery",
            "-A",
            "tests.servers.recording_app",
            "worker",
        ]
        options = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        name = ["-n", f"worker-{len(self._running)}-{time.monotonic_ns()}@localhost"]
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [*command, "-P", "prefork", "-c", "2", "-l", "INFO", *options, *name],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(worker)
        return worker

    def send(self, name: str, seconds: float = 0.0) -> str:
        """Send a task, which any free worker runs."""
        with app.connection_for_write(self._broker_url) as connection:
            app.send_task("recording.work", (name, seconds), connection=connection)
        return name

    def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """Ask a worker to finish, and wait for it."""
        worker.terminate()
        worker.wait(PATIENCE_SECONDS)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and all its processes at once."""
        self._running.remove(worker)
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def kill_children(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill the child processes that run tasks, but not their parent."""
        for child in children_of(worker.pid):
            os.kill(child, signal.SIGKILL)

    def lines_of(self, kind: str) -> list[str]:
        """Return the names of tasks that began or ended, in order."""
        return lines_of(kind, self.record)
