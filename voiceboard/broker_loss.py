"""Reconnect a worker whose broker went away just when it wanted to acknowledge a message."""

from typing import Any

import celery
from celery.worker.request import Request
from kombu.asynchronous import get_event_loop


class AcknowledgedRequest(Request):
    """A message that a worker took, whose loss is noticed.

    Celery only logs that a message couldn't be acknowledged, and counts it as one that is being
    worked on. Once all of a worker's places are taken like that, it never asks the broker again, so
    it doesn't notice that it lost the connection, and does nothing for good.
    """

    def acknowledge(self) -> None:
        """Acknowledge the message, or have the worker connect again."""
        super().acknowledge()
        loop = get_event_loop()
        if loop is not None and not self.message.acknowledged:
            loop.call_soon(_reconnect)


class AcknowledgedTask(celery.Task):  # type: ignore[type-arg]
    """A task whose messages are such."""

    Request = f"{__name__}:{AcknowledgedRequest.__name__}"


def _reconnect(*_: Any) -> None:
    # Celery catches it around the loop.
    raise ConnectionResetError("A message couldn't be acknowledged.")
