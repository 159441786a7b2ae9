import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.transport import queue_url, register_transport
from tests.servers.processes import in_time
from tests.servers.workers import Workers

KILLS = int(os.environ.get("VOICEBOARD_TEST_KILLS", "4"))


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    register_transport()
    with Workers(queue_url(tmp_path / "queue.sqlite3"), tmp_path, lease=2) as started:
        yield started


def test_killing_workers_loses_no_task(workers):
    sent = []
    for turn in range(KILLS):
        worker = workers.start()
        names = [f"{turn}-{number}" for number in range(3)]
        begun = len(workers.lines_of("begin"))
        sent += [workers.send(name, seconds=0.2) for name in names]
        assert in_time(lambda begun=begun: len(workers.lines_of("begin")) > begun)
        workers.kill(worker)

    workers.start()

    assert in_time(lambda: set(workers.lines_of("end")) >= set(sent))


def test_a_stopping_worker_finishes_its_task_and_nobody_else_begins_it(workers):
    leaving = workers.start()
    workers.send("long", seconds=4)
    assert in_time(lambda: workers.lines_of("begin") == ["long"])
    workers.start()

    workers.stop(leaving)

    assert workers.lines_of("begin") == ["long"]
    assert workers.lines_of("end") == ["long"]


def test_the_task_of_a_killed_child_begins_again(workers):
    worker = workers.start()
    workers.send("victim", seconds=1)
    assert in_time(lambda: workers.lines_of("begin") == ["victim"])

    workers.kill_children(worker)

    assert in_time(lambda: workers.lines_of("end") == ["victim"])
