"""Check the message broker's state; its URL, which may contain a password, is never shown."""

from dataclasses import dataclass
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

_NAMES = {"embedded": "embedded queue", "redis": "Redis", "amqp": "RabbitMQ"}

Failures = tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True)
class BrokerState:
    """Whether the broker responds, and the number of messages in each queue."""

    name: str
    answers: bool
    lengths: list[tuple[str, int]]


def list_queues() -> list[str]:
    """Return the names of all queues, sorted."""
    conf = current_app.conf
    routed = {route["queue"] for route in (conf.task_routes or {}).values()}
    return sorted({conf.task_default_queue, *routed})


def look_at_broker() -> BrokerState:
    """Read the broker's state within about one second."""
    connection = current_app.connection_for_read(connect_timeout=1)
    name = _NAMES.get(connection.transport_cls, "broker")
    failures: Failures = (OperationalError, OSError, *connection.connection_errors)
    try:
        with connection:
            connection.ensure_connection(max_retries=1, timeout=1)
            lengths = [(queue, _count_messages(connection, queue)) for queue in list_queues()]
    except failures:
        return BrokerState(name, answers=False, lengths=[])
    return BrokerState(name, answers=True, lengths=lengths)


def broker_answers() -> bool:
    """Return whether the broker accepts a connection within a second or two."""
    connection = current_app.connection_for_read(connect_timeout=1)
    failures: Failures = (OperationalError, OSError, *connection.connection_errors)
    try:
        with connection:
            connection.ensure_connection(max_retries=1, timeout=1)
    except failures:
        return False
    return True


def _count_messages(connection: Any, queue: str) -> int:
    missing: Failures = connection.channel_errors
    try:
        with connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)
    except missing:
        return 0  # the queue doesn't exist until its first message


def read_broker_version() -> str:
    """Return the version of Redis or RabbitMQ, "" for others or if it doesn't say."""
    connection = current_app.connection_for_read(connect_timeout=1)
    with connection:
        connection.ensure_connection(max_retries=1, timeout=1)
        if connection.transport_cls == "redis":
            channel: Any = connection.default_channel
            return str(channel.client.info("server").get("redis_version", ""))
        properties = getattr(connection.connection, "server_properties", {})
        return str(properties.get("version", ""))
