"""Put messages into a queue file and take them out, as kombu wants it done."""

import logging
from queue import Empty
from typing import TYPE_CHECKING, Any

from kombu.transport import virtual
from kombu.utils.json import dumps, loads

from catalog.transport.messages import Taken

if TYPE_CHECKING:
    from catalog.transport import Transport

logger = logging.getLogger(__name__)

# A message that was lost with its worker this often is taken to be what kills the workers.
DELIVERY_LIMIT = 20


class Deliveries(virtual.QoS):
    """Keep count of what was delivered, and settle it in the file at once."""

    channel: "FileChannel"

    def ack(self, delivery_tag: str) -> None:
        """Remove the message for good."""
        try:
            self.channel.queue_file.delete(int(delivery_tag))
        finally:
            # Even when the file could not be written the place is free; the message comes again.
            super().ack(delivery_tag)
            self.channel.look_again()

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Remove the message for good, or let it be taken again."""
        try:
            if requeue:
                self.channel.queue_file.release(int(delivery_tag))
            else:
                self.channel.queue_file.delete(int(delivery_tag))
        finally:
            super().ack(delivery_tag)
            self.channel.look_again()

    def unsettled(self) -> list[int]:
        """Return the ids of the messages that are still being worked on."""
        settled = self._dirty or set()
        return [int(tag) for tag in self._delivered or () if tag not in settled]


class FileChannel(virtual.Channel):
    """Route, store and deliver messages for one user of the connection."""

    QoS = Deliveries
    connection: "Transport"
    qos: Deliveries

    def __init__(self, connection: "Transport", **options: Any) -> None:
        super().__init__(connection, **options)
        # Kept, because messages may be settled after the channel was closed.
        self.queue_file = connection.queue_file

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        milliseconds = message["properties"].get("expiration")
        ttl = None if milliseconds is None else int(milliseconds) / 1000
        self.queue_file.put(queue, dumps(message).encode(), ttl)
        self.connection.bell_of(queue).ring()

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        while (taken := self.queue_file.take(queue)) is not None:
            message = self._read(taken)
            if message is not None:
                return message
            self.queue_file.delete(taken.id)
        raise Empty

    def _read(self, taken: Taken) -> dict[str, Any] | None:
        if taken.deliveries > DELIVERY_LIMIT:
            logger.error("Dropped message %s: lost with its worker too often", taken.id)
            return None
        try:
            message: dict[str, Any] = loads(taken.payload)
            properties = message["properties"]
            properties["delivery_tag"] = str(taken.id)
            properties["delivery_info"]["redelivered"] = taken.deliveries > 1
            self.Message(message, channel=self)
        # Whatever is wrong with one message, the worker must live to take the next.
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            logger.error("Dropped message %s: it cannot be read", taken.id)
            return None
        return message

    def basic_get(self, queue: str, no_ack: bool = False, **options: Any) -> Any:
        """Take one message without waiting."""
        message = super().basic_get(queue, no_ack=no_ack, **options)
        if no_ack and message is not None:
            self.queue_file.delete(_message_id(message))
        return message

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Any, consumer_tag: str | None, **options: Any
    ) -> Any:
        """Deliver messages to a callback."""

        def settle_and_receive(message: virtual.Message) -> Any:
            self.queue_file.delete(_message_id(message))
            return callback(message)

        receive = settle_and_receive if no_ack else callback
        return super().basic_consume(queue, no_ack, receive, consumer_tag, **options)

    def may_take(self) -> bool:
        """Tell whether somebody consumes here who has not got all that was asked for."""
        return bool(self._consumers) and self.qos.can_consume()

    def look_again(self) -> None:
        """Have the worker take its next message without waiting for a ring."""
        # A closed channel has no connection; what it delivered may still be settled.
        if self.connection is not None:
            self.connection.look_again()

    def _restore(self, message: virtual.Message) -> None:
        # Handed back at shutdown, which is not the message's fault.
        self.queue_file.release(_message_id(message), blameless=True)

    def _size(self, queue: str) -> int:
        return self.queue_file.count(queue)

    def _purge(self, queue: str) -> int:
        return self.queue_file.purge(queue)


def _message_id(message: virtual.Message) -> int:
    return int(message.delivery_tag or 0)
