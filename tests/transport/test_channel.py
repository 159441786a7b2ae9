import sqlite3
import stat
from contextlib import closing

import pytest
from kombu import Consumer

from catalog.transport.channel import DELIVERY_LIMIT
from catalog.transport.messages import QueueFile
from tests.transport.publishing import (
    JOBS,
    drain,
    publish,
    receive_all,
    stored_messages,
    take_one,
)


def test_a_message_is_delivered_with_what_was_put_in(connect):
    publish(connect(), {"job_id": 7, "name": "Zoë"})

    message = take_one(connect())

    assert message.payload == {"job_id": 7, "name": "Zoë"}


def test_messages_come_in_the_order_they_were_published(connect):
    publish(connect(), 1, 2, 3)

    assert receive_all(connect()) == [1, 2, 3]


def test_an_acknowledged_message_is_gone(connect):
    connection = connect()
    publish(connection, 1)

    take_one(connection).ack()
    connection.close()

    assert take_one(connect()) is None


def test_a_rejected_message_is_gone(connect):
    connection = connect()
    publish(connection, 1)

    take_one(connection).reject()
    connection.close()

    assert take_one(connect()) is None


def test_a_requeued_message_comes_again_and_says_so(connect):
    connection = connect()
    publish(connection, 1)

    take_one(connection).requeue()

    assert take_one(connection).delivery_info["redelivered"]


def test_a_message_being_worked_on_is_not_given_to_anyone_else(connect):
    publish(connect(), 1)
    holder = connect()

    assert take_one(holder) is not None
    assert take_one(connect()) is None


def test_closing_a_connection_hands_back_what_it_had_not_finished(connect):
    publish(connect(), 1)
    leaving = connect()
    take_one(leaving)

    leaving.close()

    assert take_one(connect()).payload == 1


def test_a_message_finished_after_its_connection_was_closed_does_not_come_again(connect):
    publish(connect(), 1)
    leaving = connect()
    message = take_one(leaving)
    leaving.close()

    message.channel.basic_ack(message.delivery_tag)

    assert take_one(connect()) is None


def test_a_consumer_gets_no_more_than_it_asked_for(connect):
    publish(connect(), 1, 2, 3)

    assert receive_all(connect(), prefetch=2) == [1, 2]


def test_a_full_consumer_gets_the_next_message_after_settling_one(connect):
    publish(connect(), 1, 2)
    connection = connect()
    received = []
    channel = connection.channel()
    channel.basic_qos(0, 1, False)

    with Consumer(channel, [JOBS], on_message=received.append):
        drain(connection)
        received[0].ack()
        drain(connection)

    assert [message.payload for message in received] == [1, 2]


@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_message_taken_without_acknowledgement_is_gone_at_once(connect, path, is_waiting):
    connection = connect()
    publish(connection, 1)

    if is_waiting:
        with Consumer(connection.channel(), [JOBS], no_ack=True, on_message=lambda _message: None):
            connection.drain_events(timeout=5)
    else:
        JOBS(connection.default_channel).get(no_ack=True)

    assert stored_messages(path) == 0


def test_the_expiry_that_kombu_gives_is_the_one_that_counts(connect):
    connection = connect()

    publish(connection, "dead", expiration=0)
    publish(connection, "alive", expiration=60)

    assert receive_all(connection) == ["alive"]


def test_a_message_that_was_lost_with_every_worker_is_dropped_in_the_end(connect, caplog):
    publish(connect(), "deadly")
    connection = connect()

    for _ in range(DELIVERY_LIMIT):
        take_one(connection).requeue()

    assert take_one(connection) is None
    assert "lost with its worker too often" in caplog.text


def test_a_message_handed_back_at_shutdown_is_not_counted_against_it(connect):
    publish(connect(), "patient")

    for _ in range(DELIVERY_LIMIT + 1):
        leaving = connect()
        take_one(leaving)
        leaving.close()

    assert take_one(connect()) is not None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe\x00",
        b'{"body": "x", "prop',
        b"[]",
        b"null",
        b'{"properties": {}}',
        b'{"properties": {"delivery_info": 3}}',
        b'{"properties": {"delivery_info": {}, "body_encoding": "base64"}, "body": "abc"}',
        b'{"properties": {"delivery_info": {}}, "headers": [1]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_message_is_dropped_and_the_next_one_delivered(connect, path, caplog, payload):
    connection = connect()
    QueueFile(path).put("jobs", payload)
    publish(connection, "sound")

    assert receive_all(connection) == ["sound"]
    assert "it cannot be read" in caplog.text


def test_a_message_whose_text_is_no_text_is_dropped(connect, path):
    connection = connect()
    publish(connection, "torn", "sound")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE message SET payload = CAST(x'ff00' AS TEXT) WHERE id = 1")

    assert receive_all(connection) == ["sound"]


def test_queue_size_counts_what_waits(connect):
    connection = connect()
    publish(connection, 1, 2, 3)
    take_one(connection)

    assert JOBS(connection.default_channel).queue_declare().message_count == 2


def test_purge_removes_what_waits_and_leaves_what_is_being_worked_on(connect, open_file):
    connection = connect()
    publish(connection, 1, 2, 3)
    message = take_one(connection)

    assert JOBS(connection.default_channel).purge() == 2
    message.requeue()
    assert receive_all(connection) == [1]


def test_a_file_that_cannot_be_used_is_a_connection_error(connect, path):
    path.parent.mkdir()
    path.write_bytes(b"this is not a database" * 100)
    connection = connect()

    with pytest.raises(connection.connection_errors):
        connection.connection.establish_connection()


def test_only_the_owner_can_read_the_messages_and_ring_the_bell(connect, path):
    connection = connect()
    waiting = Consumer(connection.channel(), [JOBS], on_message=lambda _message: None)
    with waiting, pytest.raises(TimeoutError):
        connection.drain_events(timeout=0.01)
    publish(connection, 1)

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert set(modes) >= {"queue.sqlite3", "queue.sqlite3-wal", "queue.jobs.wake"}
    assert set(modes.values()) == {0o600}
