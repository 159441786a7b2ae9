import os
import threading

from catalog.transport.messages import LEASE_SECONDS, set_aside_damaged
from tests.transport.publishing import stored_messages


def test_an_expired_message_is_not_delivered(open_file, watch):
    queue_file = open_file()
    queue_file.put("jobs", b"{}", ttl=60)

    watch.seconds += 61

    assert queue_file.take("jobs") is None


def test_expired_messages_do_not_pile_up_while_no_worker_runs(open_file, watch, path):
    queue_file = open_file()

    for _ in range(100):
        queue_file.put("jobs", b"{}", ttl=60)
        watch.seconds += 10

    assert stored_messages(path) <= 6


def test_a_message_being_worked_on_does_not_expire(open_file, watch):
    queue_file = open_file()
    queue_file.put("jobs", b"{}", ttl=10)
    taken = queue_file.take("jobs")

    watch.seconds += 20
    queue_file.put("jobs", b"{}", ttl=10)
    queue_file.release(taken.id)
    watch.seconds -= 20

    assert queue_file.take("jobs").id == taken.id


def test_the_message_of_a_dead_worker_comes_again_when_its_lease_ends(open_file, watch):
    dead, alive = open_file(), open_file()
    dead.put("jobs", b"{}")
    dead.take("jobs")

    watch.seconds += LEASE_SECONDS - 1
    early = alive.take("jobs")
    watch.seconds += 2

    assert early is None
    assert alive.take("jobs").deliveries == 2


def test_a_renewed_lease_goes_on(open_file, watch):
    holder, other = open_file(), open_file()
    holder.put("jobs", b"{}")
    taken = holder.take("jobs")

    for _ in range(5):
        watch.seconds += LEASE_SECONDS - 1
        holder.renew([taken.id])

    assert other.take("jobs") is None


def test_a_lease_ends_though_the_clock_was_set_back(open_file, watch):
    dead, alive = open_file(), open_file()
    dead.put("jobs", b"{}")
    dead.take("jobs")

    watch.seconds -= 3600

    assert alive.take("jobs") is not None


def test_a_message_waits_for_no_clock(open_file, watch):
    queue_file = open_file()
    queue_file.put("jobs", b"{}")

    watch.seconds -= 3600

    assert queue_file.take("jobs") is not None


def test_a_thawed_worker_cannot_give_back_what_another_has_taken_over(open_file, watch):
    frozen, alive, third = open_file(), open_file(), open_file()
    frozen.put("jobs", b"{}")
    taken = frozen.take("jobs")
    watch.seconds += LEASE_SECONDS + 1
    alive.take("jobs")

    frozen.release(taken.id)

    assert third.take("jobs") is None


def test_the_file_does_not_stay_as_large_as_its_largest_backlog(open_file, path):
    queue_file = open_file()
    for _ in range(300):
        queue_file.put("jobs", bytes(10_000))
    queue_file.purge("jobs")

    queue_file.close()

    assert path.stat().st_size < 100_000


def test_many_threads_may_publish_at_once(open_file):
    queue_file = open_file()
    threads = [
        threading.Thread(target=lambda: [queue_file.put("jobs", b"{}") for _ in range(300)])
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert queue_file.count("jobs") == 2400


def test_a_forked_child_publishes_without_harm_to_its_parent(open_file):
    queue_file = open_file()
    queue_file.put("jobs", b"parent")

    child = os.fork()
    if child == 0:
        queue_file.put("jobs", b"child")
        os._exit(0)
    os.waitpid(child, 0)
    queue_file.put("jobs", b"parent again")

    payloads = [queue_file.take("jobs").payload for _ in range(3)]
    assert payloads == [b"parent", b"child", b"parent again"]


def test_a_forked_child_cannot_give_back_what_its_parent_works_on(open_file):
    queue_file, other = open_file(), open_file()
    queue_file.put("jobs", b"{}")
    taken = queue_file.take("jobs")

    child = os.fork()
    if child == 0:
        queue_file.release(taken.id)
        os._exit(0)
    os.waitpid(child, 0)

    assert other.take("jobs") is None


def test_a_damaged_file_is_set_aside(path):
    path.parent.mkdir()
    path.write_bytes(b"this is not a database" * 100)

    moved = set_aside_damaged(path)

    assert moved.exists()
    assert not path.exists()


def test_a_sound_file_stays_where_it_is(open_file, path):
    queue_file = open_file()
    queue_file.put("jobs", b"{}")
    queue_file.close()

    assert set_aside_damaged(path) is None
    assert queue_file.count("jobs") == 1
