"""Publish and receive as kombu's users do."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kombu import Connection, Consumer, Exchange, Producer, Queue

JOBS = Queue("jobs", Exchange("jobs"), routing_key="jobs")


def publish(connection: Connection, *bodies: object, **options: object) -> None:
    producer = Producer(connection.default_channel, JOBS.exchange, routing_key="jobs")
    for body in bodies:
        producer.publish(body, declare=[JOBS], **options)


def receive_all(connection: Connection, *, prefetch: int = 0) -> list[object]:
    """Take what can be had at once, and leave it unsettled."""
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


def stored_messages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT count(*) FROM message").fetchone()[0]


def take_one(connection: Connection) -> object | None:
    return JOBS(connection.default_channel).get()
