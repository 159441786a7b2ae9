"""A worker whose message couldn't be acknowledged connects to its broker again."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from kombu.asynchronous import Hub, set_event_loop

from voiceboard import broker_loss
from voiceboard.celery import app


@pytest.fixture
def hub(monkeypatch) -> Iterator[Hub]:
    monkeypatch.setattr(broker_loss, "CHECK_AFTER_SECONDS", 0)
    hub = Hub()
    hub.propagate_errors = (OSError,)
    set_event_loop(hub)
    yield hub
    set_event_loop(None)
    hub.close()


def finish(*, is_answered: bool, **channel: bool) -> None:
    message = SimpleNamespace(acknowledged=False, channel=SimpleNamespace(**channel))
    request = broker_loss.AcknowledgedRequest.__new__(broker_loss.AcknowledgedRequest)
    request._message, request._connection_errors, request.acknowledged = message, (), False
    request._on_ack = lambda *_: setattr(message, "acknowledged", is_answered)
    request.acknowledge()


def test_lost_acknowledgement_ends_the_loop_with_a_connection_error(hub):
    finish(is_answered=False, closed=False)

    with pytest.raises(ConnectionResetError):
        next(hub.create_loop())


@pytest.mark.parametrize(
    ("is_answered", "channel"), [(True, {"closed": False}), (False, {"closed": True}), (False, {})]
)
def test_loop_goes_on_otherwise(hub, is_answered, channel):
    finish(is_answered=is_answered, **channel)

    next(hub.create_loop())


def test_tasks_of_the_product_use_such_messages():
    assert issubclass(app.Task, broker_loss.AcknowledgedTask)
    assert app.tasks["catalog.run_clone"].Request == "voiceboard.broker_loss:AcknowledgedRequest"
