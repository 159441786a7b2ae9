"""The queue in a folder, used through kombu."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kombu import Connection, Consumer, Exchange, Producer, Queue
from kombu.exceptions import OperationalError

from catalog.core.transport import KEPT_SECONDS, Channel, queue_url, register_transport

JOBS = Queue("jobs", Exchange("jobs"), routing_key="jobs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # A path that a URL must quote.
    return tmp_path / "a; b + c%20d" / "queue"


@pytest.fixture
def connect(folder: Path) -> Iterator[Callable[[], Connection]]:
    register_transport()
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Connection(queue_url(folder)))


def publish(connection: Connection, *bodies: object, **options: object) -> None:
    producer = Producer(connection.default_channel, JOBS.exchange, routing_key="jobs")
    for body in bodies:
        producer.publish(body, declare=[JOBS], **options)


def receive_all(connection: Connection, *, prefetch: int = 0) -> list[object]:
    """Receive all available messages without acknowledging them."""
    received: list[object] = []
    channel = connection.channel()
    channel.basic_qos(0, prefetch, False)
    with Consumer(channel, [JOBS], callbacks=[lambda body, _message: received.append(body)]):
        drain(connection)
    return received


def drain(connection: Connection) -> None:
    while True:
        try:
            connection.drain_events(timeout=0)
        except TimeoutError:
            return


def take_one(connection: Connection) -> object | None:
    return JOBS(connection.default_channel).get()


def put_text(folder: Path, text: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{time.time_ns():020}_0.jobs.msg").write_bytes(text)


def test_message_is_delivered_with_its_content(connect):
    publish(connect(), {"job_id": 7, "name": "Zoë"})

    assert take_one(connect()).payload == {"job_id": 7, "name": "Zoë"}


def test_messages_are_delivered_in_the_order_of_publishing(connect):
    publish(connect(), *range(20))

    assert receive_all(connect()) == [*range(20)]


def test_message_is_delivered_to_one_worker_only(connect):
    publish(connect(), 1)
    holder = connect()

    assert take_one(holder) is not None
    assert take_one(connect()) is None


def test_worker_that_loses_a_race_takes_the_next_message(connect, folder, monkeypatch):
    publish(connect(), 1, 2)
    first, second = sorted(folder.iterdir())
    first.unlink()
    monkeypatch.setattr(Path, "iterdir", lambda _: iter([first, second]))

    assert take_one(connect()).payload == 2


def test_message_that_is_still_being_written_is_not_delivered(connect, folder):
    publish(connect(), 1)
    written = next(folder.iterdir())
    written.rename(written.with_name(f".{written.name}"))

    assert take_one(connect()) is None


@pytest.mark.parametrize("settle", ["ack", "reject"])
def test_acknowledged_or_rejected_message_is_gone(connect, settle):
    connection = connect()
    publish(connection, 1)

    getattr(take_one(connection), settle)()
    connection.close()

    assert take_one(connect()) is None


def test_requeued_message_is_delivered_again(connect):
    connection = connect()
    publish(connection, 1)

    take_one(connection).requeue()

    assert take_one(connection).payload == 1


def test_closing_a_connection_requeues_its_unfinished_messages(connect):
    publish(connect(), 1)
    leaving = connect()
    take_one(leaving)

    leaving.close()

    assert take_one(connect()).payload == 1


def test_consumer_gets_no_more_messages_than_its_prefetch_count(connect):
    publish(connect(), 1, 2, 3)

    assert receive_all(connect(), prefetch=2) == [1, 2]


def test_queues_that_share_a_worker_take_turns(connect):
    connection, received = connect(), []
    other = Queue("other", Exchange("other"), routing_key="other")
    for queue, name in ((JOBS, "a"), (JOBS, "b"), (JOBS, "c"), (other, "z")):
        Producer(connection, queue.exchange, routing_key=queue.name).publish(name, declare=[queue])

    with Consumer(connection, [JOBS, other], callbacks=[lambda body, _: received.append(body)]):
        drain(connection)

    assert "z" in received[:2]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe\x00",
        b'{"body": "x", "prop',
        b"null",
        b'{"properties": {"delivery_info": {}, "body_encoding": "base64"}, "body": "abc"}',
        b"[" * 100_000,
    ],
)
def test_damaged_message_is_dropped_and_the_next_one_delivered(connect, folder, caplog, text):
    put_text(folder, text)
    publish(connect(), "sound")

    assert receive_all(connect()) == ["sound"]
    assert "it cannot be read" in caplog.text


def test_queue_size_counts_waiting_messages_and_purge_removes_them(connect):
    connection = connect()
    publish(connection, 1, 2, 3)
    message = take_one(connection)

    queue = JOBS(connection.default_channel)
    assert queue.queue_declare(passive=True).message_count == 2
    assert queue.purge() == 2
    message.requeue()
    assert receive_all(connection) == [1]


def test_messages_older_than_an_hour_are_removed(connect, folder):
    publish(connect(), "old", "new")
    old = min(folder.iterdir())
    number, _, rest = old.name.partition("_")
    old.rename(folder / f"{int(number) - int(KEPT_SECONDS * 1e9):020}_{rest}")
    (folder / f".{1:020}_draft.jobs.msg").touch()
    (folder / "unknown").touch()

    connection = connect()
    connection.ensure_connection()

    assert receive_all(connection) == ["new"]
    assert [path.name for path in folder.iterdir()] == ["unknown"]


def test_unusable_queue_folder_is_a_connection_error(connect, folder):
    folder.parent.mkdir()
    folder.touch()
    connection = connect()

    with pytest.raises(connection.connection_errors):
        connection.connection.establish_connection()


def test_publishing_on_a_full_disk_fails_and_leaves_no_file(connect, folder, monkeypatch):
    connection = connect()
    connection.ensure_connection()

    def fill(_path: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", fill)

    with pytest.raises((OSError, OperationalError)):
        publish(connection, 1)
    assert [*folder.iterdir()] == []


def test_messages_are_readable_only_by_their_owner(connect, folder, monkeypatch):
    before = os.umask(0)
    modes = []
    monkeypatch.setattr(
        Channel, "_read", lambda *_: modes.extend(path.lstat().st_mode for path in folder.iterdir())
    )
    try:
        publish(connect(), 1, 2)
        take_one(connect())
    finally:
        os.umask(before)

    assert {stat.S_IMODE(mode) for mode in modes} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
