import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.migrated import FOREIGN, copy_database
from tests.servers.binaries import free_port
from tests.servers.processes import ROOT, children_of, find_fork, in_time, is_gone

FORKS = ("sandbox", "web", "schedule", "jobs", "analysis", "background", "speech")

# Longer than any word of the key file's format.
SECRET = re.compile(rb"[\w+/=-]{12,}")


class Run:
    """A supervisor started like ``make start``, in a separate data directory."""

    def __init__(
        self,
        folder: Path,
        terminal: int = subprocess.DEVNULL,
        *,
        is_first: bool = False,
        **settings: str,
    ) -> None:
        self.data = folder / "var"
        self.port = free_port()
        self.output = folder / "output.txt"
        if not is_first:
            copy_database(self.data)
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)
        }
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "voiceboard.supervisor"],
                cwd=ROOT,
                env={
                    **inherited,
                    "VOICEBOARD_DATA_DIR": str(self.data),
                    "VOICEBOARD_PORT": str(self.port),
                    "VOICEBOARD_SANDBOX_PORT": str(free_port()),
                    "VOICEBOARD_LOCAL": "0",
                    "VOICEBOARD_DEMO_STORY": "0",
                    **settings,
                },
                stdin=terminal,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        """The output on the terminal."""
        return self.output.read_text()

    def is_announced(self) -> bool:
        """Tell whether the sign-in was printed."""
        return "Sign in as" in self.said

    def answers(self) -> bool:
        """Tell whether the web process answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz") as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def process_of(self, service: str) -> int | None:
        """Return the process ID of a running service."""
        return find_fork(self.process.pid, service)

    @property
    def server(self) -> int | None:
        """The process that the others were forked from."""
        found = children_of(self.process.pid, "voiceboard.prefork")
        return found[0] if found else None

    def all_processes(self) -> list[int]:
        """Return everything that the supervisor has started, directly or not."""
        found = children_of(self.process.pid)
        for pid in found:
            found += children_of(pid)
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start_run(**settings: Any) -> Run:
        runs.append(Run(tmp_path, **settings))
        return runs[-1]

    yield start_run
    for run in runs:
        # The other processes exit when the supervisor is killed.
        run.process.kill()
        run.process.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A supervisor shared by several tests that don't change it."""
    run = Run(tmp_path_factory.mktemp("running"), is_first=True)
    try:
        assert in_time(run.is_announced), run.said
        yield run
    finally:
        run.process.kill()
        run.process.wait()


def test_everything_starts_recovers_from_kills_and_stops_with_ctrl_c(start):
    run = start(VOICEBOARD_LOCAL="1")
    assert in_time(run.is_announced), run.said
    before = {service: run.process_of(service) for service in FORKS}
    assert all(before.values())

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def is_up_again() -> bool:
        return run.answers() and all(
            run.process_of(service) not in {None, before[service]} for service in FORKS
        )

    assert in_time(is_up_again), run.said
    for service in FORKS:
        assert f"{service} was killed by SIGKILL; restarting in 0.5 s" in run.said

    left = run.all_processes()
    run.process.send_signal(signal.SIGINT)

    assert run.process.wait(60) == 0
    assert run.said.endswith("Voiceboard has stopped.\n")
    assert in_time(lambda: all(map(is_gone, left)))


def test_killing_the_fork_server_restarts_everything(start):
    run = start()
    assert in_time(run.is_announced), run.said
    server, left = run.server, [pid for pid in run.all_processes() if pid != run.server]
    os.kill(server, signal.SIGKILL)

    assert in_time(lambda: run.server not in {None, server} and run.process_of("jobs") is not None)

    assert in_time(lambda: all(map(is_gone, left)))
    assert in_time(run.answers), run.said


def test_after_a_killed_supervisor_nothing_is_left_and_the_next_one_starts(start):
    first = start()
    assert in_time(first.is_announced), first.said
    left = first.all_processes()
    first.process.kill()
    first.process.wait()
    first.output.unlink()

    second = start()

    assert in_time(second.is_announced), second.said
    assert all(map(is_gone, left))


def test_closing_the_terminal_stops_everything(start):
    keyboard, terminal = os.openpty()
    run = start(terminal=terminal)
    os.close(terminal)
    assert in_time(lambda: run.process_of("jobs") is not None), run.said
    left = run.all_processes()

    os.close(keyboard)

    assert run.process.wait(60) == 0
    assert in_time(lambda: all(map(is_gone, left)))


def test_a_second_start_on_the_same_data_is_refused_with_a_message(start, running):
    second = start(VOICEBOARD_DATA_DIR=str(running.data))

    assert second.process.wait(60) == 1
    assert f"Voiceboard is already running on {running.data}" in second.said


@pytest.mark.parametrize("variable", ["VOICEBOARD_PORT", "VOICEBOARD_SANDBOX_PORT"])
def test_a_port_in_use_is_refused_with_the_variable_to_change(start, variable):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = start(**{variable: str(taken.getsockname()[1])})

        assert run.process.wait(60) == 1
    assert f"{variable}=" in run.said


def test_an_invalid_setting_is_refused_with_a_message(start):
    run = start(VOICEBOARD_PORT="eighty")

    assert run.process.wait(60) == 1
    assert run.said.startswith("VOICEBOARD_PORT must be")


def test_a_failing_prepare_step_is_reported(start):
    run = start(DATABASE_URL="sqlite:////proc/nowhere/voiceboard.sqlite3")

    assert run.process.wait(60) == 1
    assert "manage.py prepare failed" in run.said
    assert "unable to open database file" in run.said


def test_without_demo_mode_there_is_no_sandbox_but_a_link_for_the_first_admin(start):
    run = start(VOICEBOARD_DEMO="0")

    assert in_time(lambda: "first admin" in run.said), run.said
    assert run.process_of("sandbox") is None


def test_background_workers_have_a_lower_priority_than_pages_and_clones(running):
    modest = {
        os.getpriority(os.PRIO_PROCESS, running.process_of(name))
        for name in ("analysis", "background")
    }
    usual = os.getpriority(os.PRIO_PROCESS, running.process_of("web"))

    assert min(modest) > usual == os.getpriority(os.PRIO_PROCESS, running.process_of("jobs"))


def test_secrets_are_only_in_their_files_and_not_in_environments_or_logs(running):
    files = (running.data / "secrets").iterdir()

    secrets = [word for file in files for word in SECRET.findall(file.read_bytes())]
    known = [
        (Path("/proc") / str(pid) / kind).read_bytes()
        for pid in [running.process.pid, *running.all_processes()]
        for kind in ("environ", "cmdline")
    ]
    logs = [file.read_bytes() for file in (running.data / "logs").iterdir()]

    assert secrets
    assert not [secret for secret in secrets for text in known + logs if secret in text]


def test_data_files_are_readable_only_by_their_owner(running):
    kept = [running.data, *running.data.rglob("*")]

    assert [path for path in kept if is_open_to_others(path)] == []


def is_open_to_others(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)
    except FileNotFoundError:  # databases create and remove files all the time
        return False
