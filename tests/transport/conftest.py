"""Queue files, connections to them, and a clock."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kombu import Connection

from catalog.transport import queue_url, register_transport
from catalog.transport.messages import LEASE_SECONDS, QueueFile


class Watch:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    # A name that an address must quote.
    return tmp_path / "a; b + c%20d" / "queue.sqlite3"


@pytest.fixture
def connect(path: Path) -> Iterator[Callable[[], Connection]]:
    register_transport()
    with ExitStack() as stack:

        def open_connection() -> Connection:
            return stack.enter_context(Connection(queue_url(path)))

        yield open_connection


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_file(path: Path, watch: Watch) -> Iterator[Callable[[], QueueFile]]:
    with ExitStack() as stack:

        def open_queue_file() -> QueueFile:
            queue_file = QueueFile(path, LEASE_SECONDS, watch)
            stack.callback(queue_file.close)
            return queue_file

        yield open_queue_file
