"""Reconnect a worker whose broker went away just when it wanted to acknowledge a message."""

import celery
from celery.worker.request import Request
from kombu.asynchronous import get_event_loop

# The worker's loop acknowledges a message a moment after it was asked to.
CHECK_AFTER_SECONDS = 1.0


class AcknowledgedRequest(Request):
    """A message that a worker took. The worker notices if it can't acknowledge it.

    Celery only logs that, and goes on to count the message as one that is being worked on. With
    Redis, a worker whose places are all taken like that never asks for a message again. So it
    doesn't notice that it lost the connection, and waits forever.
    """

    def acknowledge(self) -> None:
        """Acknowledge the message, and check that later."""
        super().acknowledge()
        self._check_later()

    def reject(self, requeue: bool = False) -> None:
        """Hand the message back, and check that later."""
        super().reject(requeue)
        self._check_later()

    def _check_later(self) -> None:
        loop = get_event_loop()
        if loop is not None:
            loop.call_later(CHECK_AFTER_SECONDS, self._check)

    def _check(self) -> None:
        # A channel without this attribute notices a lost connection. One that is closed belongs to
        # a connection that was given up.
        is_open = getattr(self.message.channel, "closed", None) is False
        if is_open and not self.message.acknowledged:
            # The worker connects again when its loop ends with such an error.
            raise ConnectionResetError("A message couldn't be acknowledged.")


class AcknowledgedTask(celery.Task):  # type: ignore[type-arg]
    """A task whose messages are such."""

    Request = f"{__name__}:{AcknowledgedRequest.__name__}"
