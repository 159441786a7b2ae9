from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.core.transport import queue_url, register_transport
from tests.servers.processes import in_time
from tests.servers.workers import Workers


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    register_transport()
    with Workers(queue_url(tmp_path / "queue"), tmp_path) as started:
        yield started


def test_messages_left_by_a_killed_worker_are_done_by_the_next(workers):
    worker = workers.start()
    names = [workers.send(f"{number}", seconds=60 if number < 2 else 0) for number in range(6)]
    # Either of the two children may write first.
    assert in_time(lambda: set(workers.lines_of("begin")) == set(names[:2]))
    workers.kill(worker)

    workers.start()

    assert in_time(lambda: set(workers.lines_of("end")) == set(names[2:]))


def test_stopping_worker_finishes_its_task_and_no_other_worker_starts_it(workers):
    stopping = workers.start()
    workers.send("long", seconds=4)
    assert in_time(lambda: workers.lines_of("begin") == ["long"])
    workers.start()

    workers.stop(stopping)

    assert workers.lines_of("begin") == ["long"]
    assert workers.lines_of("end") == ["long"]


def test_task_of_a_killed_child_process_starts_again(workers):
    worker = workers.start()
    workers.send("victim", seconds=1)
    assert in_time(lambda: workers.lines_of("begin") == ["victim"])

    workers.kill_children(worker)

    assert in_time(lambda: workers.lines_of("end") == ["victim"])
