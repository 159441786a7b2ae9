"""A worker whose message couldn't be acknowledged connects to its broker again."""

import pytest
from kombu.asynchronous import Hub, set_event_loop

from voiceboard import broker_loss
from voiceboard.celery import app


class Message:
    """A message that its broker takes back, or not."""

    def __init__(self, is_answered: bool) -> None:
        self.acknowledged = False
        self._is_answered = is_answered

    def acknowledge(self, *_: object) -> None:
        self.acknowledged = self._is_answered


@pytest.fixture
def hub():
    hub = Hub()
    set_event_loop(hub)
    yield hub
    set_event_loop(None)
    hub.close()


def finish(message: Message) -> None:
    request = broker_loss.AcknowledgedRequest.__new__(broker_loss.AcknowledgedRequest)
    request._message, request._on_ack = message, message.acknowledge
    request._connection_errors, request.acknowledged = (OSError,), False
    request.acknowledge()


def test_lost_acknowledgement_ends_the_loop_with_a_connection_error(hub):
    finish(Message(is_answered=False))

    with pytest.raises(ConnectionResetError):
        next(hub.create_loop())


def test_acknowledgement_that_arrived_changes_nothing(hub):
    finish(Message(is_answered=True))

    hub.timer.call_after(0, lambda: None)
    next(hub.create_loop())


def test_tasks_of_the_product_use_such_messages():
    assert issubclass(app.Task, broker_loss.AcknowledgedTask)
    assert app.tasks["catalog.run_clone"].Request == "voiceboard.broker_loss:AcknowledgedRequest"
