import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.processes import ROOT, in_time, is_gone
from voiceboard.processes import Pauses, Service, Surroundings

SLEEP = "import time; time.sleep(300)"
# Starts a child that outlives it, and writes both process IDs to a file.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open("pids", "a").write(f"{os.getpid()} {child.pid}\\n")
sys.stdin.read()
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("ready", "w").close()
time.sleep(300)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def around(tmp_path: Path, said: list[str]) -> Surroundings:
    return Surroundings(tmp_path, dict(os.environ), tmp_path / "logs", said.append)


@pytest.fixture
def make(around: Surroundings) -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def make_service(program: str, **options: object) -> Service:
        made.append(Service("thing", [sys.executable, "-c", program], around, **options))
        return made[-1]

    yield make_service
    for service in made:
        service.kill()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A supervising process that keeps one service running until it is killed."""
    script = f"""
        import os, sys, time
        from pathlib import Path
        from voiceboard.processes import Service, Surroundings
        folder = Path({str(tmp_path)!r})
        around = Surroundings(folder, dict(os.environ), folder, print)
        service = Service("thing", [sys.executable, "-c", {PARENT!r}], around)
        while True:
            service.keep_up()
            time.sleep(0.05)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT)
    yield process
    process.kill()
    process.wait()


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def test_restart_pauses_grow_to_30_seconds():
    pauses = Pauses()

    assert [pauses.after(1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_restart_pauses_reset_after_a_healthy_minute():
    pauses = Pauses()
    for _ in range(5):
        pauses.after(1)

    assert pauses.after(60) == 0.5


def test_a_killed_process_is_restarted_with_a_message(make, around, said):
    service = make(PARENT)
    service.keep_up()
    assert in_time(lambda: len(pids(around.folder)) == 2)
    leader, _child = pids(around.folder)

    os.kill(leader, signal.SIGKILL)

    def has_started_again() -> bool:
        service.keep_up()
        return len(pids(around.folder)) == 4

    assert in_time(has_started_again)
    assert len(said) == 1
    assert said[0].startswith("thing was killed by SIGKILL; restarting in 0.5 s")


def test_children_of_a_killed_process_are_ended(make, around):
    service = make(PARENT)
    service.start()
    assert in_time(lambda: len(pids(around.folder)) == 2)
    leader, child = pids(around.folder)

    os.kill(leader, signal.SIGKILL)

    assert in_time(service.has_ended)
    assert in_time(lambda: is_gone(child))


def test_ending_a_service_ends_its_children_too(make, around):
    service = make(PARENT)
    service.start()
    assert in_time(lambda: len(pids(around.folder)) == 2)

    service.end(lambda: False)

    assert in_time(lambda: all(map(is_gone, pids(around.folder))))


def test_a_process_that_ignores_sigterm_is_killed_after_the_time_limit(make, around):
    service = make(STUBBORN, patience=0.1)
    service.start()
    assert in_time((around.folder / "ready").exists)

    service.end(lambda: False)

    assert service.has_ended()


def test_a_second_stop_request_kills_immediately(make, around):
    service = make(STUBBORN, patience=10_000)
    service.start()
    assert in_time((around.folder / "ready").exists)

    service.end(lambda: True)

    assert service.has_ended()


def test_a_process_can_finish_its_work_before_it_ends(make, around):
    service = make(
        """
import signal, sys, time
def finish(*_):
    time.sleep(0.3)
    open("finished", "w").close()
    sys.exit()
signal.signal(signal.SIGTERM, finish)
open("ready", "w").close()
time.sleep(300)
"""
    )
    service.start()
    assert in_time((around.folder / "ready").exists)

    service.end(lambda: False)

    assert (around.folder / "finished").exists()


def test_a_step_returns_its_exit_code_and_logs_its_output(make):
    step = make("import sys; print('many words\\n' * 5000 + 'the reason'); sys.exit(3)")
    step.start()

    code = step.run_to_end(lambda: True)

    assert code == 3
    assert step.log_path.read_text().endswith("\nthe reason\n")


def test_a_step_that_is_no_longer_wanted_is_stopped(make):
    step = make(SLEEP)
    step.start()

    code = step.run_to_end(lambda: False)

    assert code != 0
    assert step.has_ended()


def test_errors_of_a_process_appear_on_the_terminal_with_its_name(make, said):
    step = make("print('2026-01-01 INFO web: fine'); print('2026-01-01 ERROR web: broken')")
    step.start()

    step.run_to_end(lambda: True)

    assert said == ["thing: 2026-01-01 ERROR web: broken"]


def test_a_process_notices_through_stdin_that_the_supervisor_was_killed(supervisor, tmp_path):
    assert in_time(lambda: len(pids(tmp_path)) == 2)
    leader, child = pids(tmp_path)

    supervisor.kill()
    supervisor.wait()

    assert in_time(lambda: is_gone(leader))
    os.kill(child, signal.SIGKILL)
