"""Requests, tasks, and queries have spans, which belong together and hold no value."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun
from django.db import connection
from django.db.backends.signals import connection_created
from django.urls import path
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from catalog.models import Team
from tests.test_secrets import PASTED, find_leaks
from voiceboard import traces

SIGNALS = (before_task_publish, task_prerun, task_failure, task_postrun, connection_created)


def fail(request: Any, key: str) -> None:
    Team.objects.filter(name=key).first()
    raise RuntimeError(f"Rejected: {key}")


handler500 = "catalog.views.errors.server_error"
urlpatterns = [path("fail/<str:key>/", fail, name="fail")]


@pytest.fixture
def spans(monkeypatch, settings) -> Iterator[InMemorySpanExporter]:
    """The spans that would be sent."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(traces, "_tracer", provider.get_tracer("voiceboard"))
    settings.MIDDLEWARE = [traces.MIDDLEWARE, *settings.MIDDLEWARE]
    for signal in SIGNALS:
        monkeypatch.setattr(signal, "receivers", list(signal.receivers))
        signal.sender_receivers_cache.clear()
    traces.connect_signals()
    yield kept
    for signal in SIGNALS:
        signal.sender_receivers_cache.clear()


def find_leaks_in(spans: InMemorySpanExporter) -> list[tuple[str, str, str]]:
    shown = "".join(span.to_json() for span in spans.get_finished_spans())
    return find_leaks({"sent": shown.encode()})


@pytest.mark.urls(__name__)
def test_a_request_and_its_queries_are_traced_without_their_values(db, client, spans):
    client.raise_request_exception = False
    client.cookies["session"] = PASTED
    with connection.execute_wrapper(traces._trace_query):
        client.get(f"/fail/{PASTED}/?key={PASTED}", headers={"xi-api-key": PASTED})

    found = {span.name: span for span in spans.get_finished_spans()}
    request, query = found["GET fail"], found["SELECT"]
    assert request.attributes["http.response.status_code"] == 500
    assert request.attributes["voiceboard.request"]
    assert not request.status.is_ok
    assert query.parent.span_id == request.context.span_id
    assert "%s" in query.attributes["db.query.text"]
    assert find_leaks_in(spans) == []


def test_a_task_is_traced_together_with_the_request_that_woke_it(spans):
    @current_app.task(name="tests.fail")
    def fail_with(key: str) -> None:
        raise RuntimeError(f"Rejected: {key}")

    headers: dict[str, str] = {}
    try:
        with traces._begin("GET voice-list") as request:
            before_task_publish.send(sender="tests.fail", headers=headers)
        fail_with.push_request(**headers)
        traces._begin_task(task_id="1", task=fail_with)
        traces._note_failure(RuntimeError(PASTED))
        traces._end_task(task_id="1")
        fail_with.pop_request()
        fail_with.apply(kwargs={"key": PASTED})
    finally:
        current_app.tasks.unregister("tests.fail")

    _, woken, own = spans.get_finished_spans()
    assert woken.context.trace_id == request.get_span_context().trace_id
    assert woken.attributes["error.type"] == own.attributes["error.type"] == "RuntimeError"
    assert not own.status.is_ok
    assert find_leaks_in(spans) == []


def test_queries_outside_of_a_request_or_a_task_have_no_span(db, spans):
    with connection.execute_wrapper(traces._trace_query):
        Team.objects.count()

    assert spans.get_finished_spans() == ()
