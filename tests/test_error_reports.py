"""An error is reported to Sentry with its places in the code and without a single value."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from celery import current_app
from django.core.exceptions import ImproperlyConfigured
from django.urls import path
from sentry_sdk.transport import Transport

from tests.test_secrets import PASTED, find_leaks
from voiceboard.error_reports import start_sentry


def fail(request: Any, key: str) -> None:
    raise RuntimeError(f"Rejected: {key}")


handler500 = "catalog.views.errors.server_error"
urlpatterns = [path("fail/<str:key>/", fail, name="fail")]


@pytest.fixture
def sent() -> Iterator[list[bytes]]:
    """What would be sent to Sentry."""
    envelopes: list[bytes] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            envelopes.append(envelope.serialize())

    start_sentry("https://public@sentry.example/1", transport=Kept, server_name="host")
    yield envelopes
    sentry_sdk.get_global_scope().set_client(None)


def read(envelope: bytes) -> dict[str, Any]:
    """Return the event of an envelope: its header, the header of the item, and the item."""
    found: dict[str, Any] = json.loads(envelope.splitlines()[2])
    return found


@pytest.mark.urls(__name__)
def test_a_failed_request_is_reported_without_its_values(db, client, sent):
    client.raise_request_exception = False
    client.cookies["session"] = PASTED

    client.post(
        f"/fail/{PASTED}/?key={PASTED}", {"api_key": PASTED}, headers={"xi-api-key": PASTED}
    )

    event = read(sent[0])
    error = event["exception"]["values"][-1]
    assert (error["type"], error["stacktrace"]["frames"][-1]["function"]) == (
        "RuntimeError",
        "fail",
    )
    assert event["logentry"]["message"] == "%s: %s"  # the path is an argument
    assert (event["transaction"], event["server_name"], len(sent)) == ("fail", "host", 1)
    assert event["tags"]["request"]
    assert find_leaks({"sent": b"".join(sent)}) == []


def test_a_failed_task_is_reported_without_its_values(db, sent):
    @current_app.task(name="tests.fail")
    def fail_with(key: str) -> None:
        raise RuntimeError(f"Rejected: {key}")

    try:
        fail_with.apply(kwargs={"key": PASTED})
    finally:
        current_app.tasks.unregister("tests.fail")

    event = read(sent[0])
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert (event["transaction"], len(sent)) == ("tests.fail", 1)
    assert find_leaks({"sent": b"".join(sent)}) == []


def test_an_error_in_the_log_is_reported_without_its_arguments(sent):
    logger = logging.getLogger("catalog.test")

    logger.warning("Not this: %s", PASTED)
    logger.error("The key %s failed", PASTED, extra={"key": PASTED})

    assert [read(each)["logentry"]["message"] for each in sent] == ["The key %s failed"]
    assert find_leaks({"sent": b"".join(sent)}) == []


def test_a_wrong_dsn_stops_the_start_without_showing_it():
    with pytest.raises(ImproperlyConfigured, match="VOICEBOARD_SENTRY_DSN") as refused:
        start_sentry(f"nonsense{PASTED}")

    assert PASTED not in str(refused.value)
