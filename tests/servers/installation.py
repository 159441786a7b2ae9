"""The product on the servers that a test chooses: commands, worker, and schedule."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from catalog.sandbox import Sandbox
from tests.migrated import FOREIGN, copy_database
from tests.servers.binaries import HOST, running
from tests.servers.processes import ROOT


class Installation:
    """A data directory, a database, a broker, and a sandbox, prepared for the demo."""

    def __init__(self, folder: Path, sandbox: Sandbox | None, **addresses: str) -> None:
        folder.mkdir()
        if "DATABASE_URL" not in addresses:
            copy_database(folder)
        self.folder = folder
        self.address = f"http://{HOST}:{addresses.get('VOICEBOARD_PORT')}"
        self._stack = ExitStack()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            **addresses,
            **_find_providers(sandbox),
            "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
            "PYTHONPATH": str(ROOT),
            "VOICEBOARD_DATA_DIR": str(folder),
            "VOICEBOARD_SETTLE_SECONDS": "3",
            "VOICEBOARD_DEMO_STORY": "0",
        }

    def close(self) -> None:
        """End the worker and the schedule."""
        self._stack.close()

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py and return what it prints."""
        return self._run(ROOT / "manage.py", *arguments)

    def do(self, *arguments: str) -> dict[str, Any]:
        """Run a step of journey.py and return its answer."""
        answer: dict[str, Any] = json.loads(self._run("-m", "tests.servers.journey", *arguments))
        return answer

    def _run(self, *arguments: str | Path) -> str:
        done = self._complete(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuse(self, *arguments: str) -> str:
        """Run Python with arguments that must fail, and return what it prints."""
        done = self._complete(*arguments)
        assert done.returncode != 0
        return done.stdout + done.stderr

    def _complete(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """Start a worker for clones in its own process group."""
        worker = ["--queues", "jobs,requests,deletions", "--hostname", "jobs@%h"]
        return self.start(["celery", "-A", "voiceboard", "worker", *worker])

    def start_schedule(self) -> None:
        """Start the schedule."""
        self.start(["celery", "-A", "voiceboard", "beat"])

    def python(self, code: str) -> str:
        """Run some Python and return what it prints."""
        return self._run("-c", code)

    def converse(self, module: str, *arguments: str) -> "Conversation":
        """Start a module that answers each line with a line of JSON."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return Conversation(self._stack.enter_context(process))

    def start(self, module: list[str], **changed: str) -> "subprocess.Popen[bytes]":
        """Start a module with its arguments; it ends with the installation."""
        command, environment = [sys.executable, "-m", *module], {**self._environment, **changed}
        return self._stack.enter_context(running(command, self.folder, env=environment))


class Conversation:
    """A process that answers each line with a line of JSON."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def say(self, line: str) -> Any:
        """Say a line, and return the answer."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"There is no answer to {line}."
        return json.loads(answer)


def _find_providers(sandbox: Sandbox | None) -> dict[str, str]:
    slugs = sandbox.slugs if sandbox is not None else ()
    return {f"VOICEBOARD_{slug.upper()}_BASE_URL": sandbox.url(slug) for slug in slugs if sandbox}


def kill_process_group(worker: "subprocess.Popen[bytes]") -> None:
    """Kill a worker and all its processes."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@contextmanager
def prepared(folder: Path, sandbox: Sandbox | None, **addresses: str) -> Iterator[Installation]:
    """Prepare an installation, and end its processes with the block."""
    installation = Installation(folder, sandbox, **addresses)
    try:
        installation.manage("prepare")
        yield installation
    finally:
        installation.close()
