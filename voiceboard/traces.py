"""Send traces by OpenTelemetry: a span per request, task, and query, without any value.

The libraries that do this for Django and Celery record addresses, messages of errors, and
arguments, which may hold keys. So these spans are our own.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponseBase
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

MIDDLEWARE = "voiceboard.traces.TraceMiddleware"
LONGEST_QUERY = 1000
_tracer = trace.get_tracer("voiceboard")
_open: dict[str, AbstractContextManager[Span]] = {}


def start_tracing(version: str, host: str) -> None:
    """Send spans to OTEL_EXPORTER_OTLP_ENDPOINT, from this process and its forks."""
    names = {"service.name": "voiceboard", "service.version": version, "host.name": host}
    provider = TracerProvider(resource=Resource.create(names))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    connect_signals()


def connect_signals() -> None:
    """Trace tasks and queries from now on."""
    before_task_publish.connect(_pass_on)
    task_prerun.connect(_begin_task)
    task_failure.connect(_note_failure)
    task_postrun.connect(_end_task)
    connection_created.connect(_watch_queries)


class TraceMiddleware:
    """Makes a span for each request, named by the view and not by the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        with _begin("request", kind=SpanKind.SERVER) as span:
            response = self.get_response(request)
            match = request.resolver_match
            view = match.view_name if match else ""
            span.update_name(f"{request.method} {view}".strip())
            span.set_attribute("http.request.method", request.method or "")
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute("voiceboard.request", response.headers.get("X-Request-Id", ""))
            if response.status_code >= 500:
                span.set_status(Status(StatusCode.ERROR))
        return response


def _begin(name: str, **options: Any) -> AbstractContextManager[Span]:
    # The message of an exception may hold a key.
    span: AbstractContextManager[Span] = _tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False, **options
    )
    return span


def _pass_on(headers: dict[str, Any], **_: Any) -> None:
    propagate.inject(headers)


def _begin_task(task_id: str, task: Any, **_: Any) -> None:
    sent = {"traceparent": getattr(task.request, "traceparent", None) or ""}
    span = _begin(task.name, kind=SpanKind.CONSUMER, context=propagate.extract(sent))
    span.__enter__()
    _open[task_id] = span


def _note_failure(exception: BaseException, **_: Any) -> None:
    span = trace.get_current_span()
    span.set_attribute("error.type", type(exception).__name__)
    span.set_status(Status(StatusCode.ERROR))


def _end_task(task_id: str, **_: Any) -> None:
    span = _open.pop(task_id, None)
    if span is not None:
        span.__exit__(None, None, None)


def _watch_queries(connection: Any, **_: Any) -> None:
    if _trace_query not in connection.execute_wrappers:
        connection.execute_wrappers.append(_trace_query)


def _trace_query(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    text = str(sql)
    with _begin(text.partition(" ")[0], kind=SpanKind.CLIENT) as span:
        span.set_attribute("db.system.name", context["connection"].vendor)
        # Parameters stay here: the text has placeholders.
        span.set_attribute("db.query.text", text[:LONGEST_QUERY])
        return execute(sql, params, many, context)
