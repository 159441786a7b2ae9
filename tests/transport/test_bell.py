import select

from catalog.transport.bell import Bell
from tests.transport.publishing import publish, receive_all


def test_publishing_rings_the_bell(connect, path):
    bell = Bell(path.with_name("queue.jobs.wake"))
    connection = connect()
    connection.connect()
    ear = bell.listen()

    publish(connection, 1)

    assert select.select([ear], [], [], 0)[0]
    bell.close()


def test_publishing_does_not_ring_for_those_who_wait_for_another_queue(connect, path):
    bell = Bell(path.with_name("queue.background.wake"))
    connection = connect()
    connection.connect()
    ear = bell.listen()

    publish(connection, 1)

    assert not select.select([ear], [], [], 0)[0]
    bell.close()


def test_publishing_works_where_no_pipe_can_be_made(connect, path):
    path.parent.mkdir()
    path.with_name("queue.jobs.wake").write_text("not a pipe")
    connection = connect()

    publish(connection, 1)

    assert receive_all(connection) == [1]
    assert path.with_name("queue.jobs.wake").read_text() == "not a pipe"


def test_a_full_pipe_does_not_hold_up_those_who_publish(tmp_path):
    bell = Bell(tmp_path / "wake")
    bell.listen()

    for _ in range(100_000):
        bell.ring()

    bell.close()
