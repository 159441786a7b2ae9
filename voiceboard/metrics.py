"""Serve metrics to Prometheus on a port of their own, computed when they are asked for."""

import hmac
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from catalog.core.clock import database_now
from catalog.queries.health.metrics import Metric, measure_host, measure_work

KEPT_SECONDS = 10.0
QUERY_MILLISECONDS = 2000
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Collector:
    """Hands our figures to the client library, which writes them out."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Return all figures, or without a database those that need none."""
        metrics = list(measure_host())
        is_up = True
        try:
            _limit_queries()
            metrics += measure_work(database_now())
        except DatabaseError:
            is_up = False
        metrics.append(Metric("database_up", "Whether the database answers.", (), [((), is_up)]))
        return map(_convert, metrics)


def _limit_queries() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {QUERY_MILLISECONDS}")


def _convert(metric: Metric) -> GaugeMetricFamily | CounterMetricFamily:
    kind = CounterMetricFamily if metric.name.endswith("_total") else GaugeMetricFamily
    family = kind(f"voiceboard_{metric.name}", metric.meaning, labels=metric.labels)
    for labels, value in metric.samples:
        family.add_metric(labels, value)
    return family


def render_metrics() -> bytes:
    """Return all figures in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Collector())
    return generate_latest(registry)


class MetricsServer(ThreadingHTTPServer):
    """Answers ``GET /metrics``, with a token if there is one."""

    def __init__(self, address: tuple[str, int], token: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)
        self._expected = f"Bearer {token}".encode() if token else b""
        self._lock = threading.Lock()
        self._kept, self._kept_until = b"", 0.0

    def may_read(self, header: str) -> bool:
        """Return whether the Authorization header holds the token."""
        return not self._expected or hmac.compare_digest(header.encode(), self._expected)

    def read(self) -> bytes:
        """Return the figures, which are computed at most once in 10 seconds."""
        with self._lock:
            if time.monotonic() >= self._kept_until:
                try:
                    self._kept = render_metrics()
                finally:
                    connection.close()  # each request has a thread
                self._kept_until = time.monotonic() + KEPT_SECONDS
            return self._kept


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds that a client may take to send its request
    server: MetricsServer

    def do_GET(self) -> None:
        """Answer a request."""
        if not self.server.may_read(self.headers.get("Authorization", "")):
            self._answer(HTTPStatus.UNAUTHORIZED, b"The token is missing or wrong.\n")
        elif self.path.partition("?")[0] != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, b"The metrics are at /metrics.\n")
        else:
            self._answer(HTTPStatus.OK, self.server.read())

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Say nothing about Python."""
        return "Voiceboard"

    def log_message(self, *_: Any) -> None:
        """Log no requests."""


def serve_metrics() -> None:
    """Answer until the process ends."""
    if settings.METRICS_BIND is None:
        sys.exit("Set VOICEBOARD_METRICS_BIND to serve metrics.")
    MetricsServer(settings.METRICS_BIND, settings.METRICS_TOKEN).serve_forever()
