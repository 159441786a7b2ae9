"""Prometheus reads figures on a port of their own, with a token, and the alerts fit them."""

import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from catalog.models import ProviderCall, Tick
from tests.factories import NOW
from voiceboard import env, metrics
from voiceboard.metrics import MetricsServer, render_metrics

ALERTS = Path(__file__).parent.parent / "docs" / "operate" / "alerts.yaml"


@pytest.fixture
def rendered(monkeypatch) -> list[int]:
    """How many times the figures were computed."""
    times: list[int] = []
    monkeypatch.setattr(metrics, "render_metrics", lambda: times.append(1) or b"figures")
    return times


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    with MetricsServer(("127.0.0.1", 0), "hunter2") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(server: MetricsServer, path: str = "/metrics", **headers: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    client.request("GET", path, headers=headers)
    response = client.getresponse()
    found = (response.status, response.read())
    client.close()
    return found


@pytest.mark.parametrize("header", [None, "", "hunter2", "Bearer hunter", "Bearer héé"])
def test_metrics_need_the_token(server, rendered, header):
    status, body = ask(server, **({} if header is None else {"Authorization": header}))

    assert (status, b"figures" in body, rendered) == (401, False, [])


def test_metrics_are_computed_once_in_a_while(server, rendered):
    answers = {ask(server, Authorization="Bearer hunter2") for _ in range(3)}
    assert (answers, len(rendered)) == ({(200, b"figures")}, 1)

    server._kept_until = 0.0
    ask(server, Authorization="Bearer hunter2")
    assert len(rendered) == 2
    assert ask(server, "/", Authorization="Bearer hunter2")[0] == 404


def test_without_a_database_the_figures_say_so(db, monkeypatch):
    assert b"\nvoiceboard_database_up 1.0\n" in render_metrics()

    def fail(_: object) -> None:
        raise DatabaseError("postgres://user:secret@host")

    monkeypatch.setattr(metrics, "measure_work", fail)
    shown = render_metrics()

    assert b"\nvoiceboard_database_up 0.0\n" in shown
    assert b"voiceboard_disk_free_bytes" in shown
    assert b"secret" not in shown


def test_every_figure_that_an_alert_asks_for_exists(db, cast):
    Tick.objects.create(name="sweep", next_at=NOW)
    ProviderCall.objects.create(
        provider="noiz", operation="sync_account", outcome="ok", number=3, seconds=0.5
    )
    shown = render_metrics().decode()

    asked = set(re.findall(r"voiceboard_\w+", ALERTS.read_text()))

    assert len(asked) >= 10
    assert {name for name in asked if f"\n{name}" not in f"\n{shown}"} == set()


def test_every_figure_is_documented(db):
    page = (ALERTS.parent / "monitoring.md").read_text()
    shown = re.findall(r"^# TYPE (voiceboard_\w+) ", render_metrics().decode(), re.MULTILINE)

    assert len(shown) > 15
    assert [name for name in shown if f"`{name}" not in page] == []


@pytest.mark.parametrize("word", ["9100", ":9100", "host:", "host:0", "host:70000", "host:x"])
def test_an_address_without_host_and_port_stops_the_start(monkeypatch, word):
    monkeypatch.setenv("VOICEBOARD_TEST", word)

    with pytest.raises(ImproperlyConfigured, match="must look like"):
        env.read_address("VOICEBOARD_TEST")


@pytest.mark.parametrize(
    ("word", "address"),
    [("127.0.0.1:9100", ("127.0.0.1", 9100)), ("[::1]:80", ("::1", 80)), ("", None)],
)
def test_an_address_is_read(monkeypatch, word, address):
    monkeypatch.setenv("VOICEBOARD_TEST", word)

    assert env.read_address("VOICEBOARD_TEST") == address


def test_a_missing_extra_is_named_with_the_command_that_installs_it():
    with pytest.raises(ImproperlyConfigured, match=r"VOICEBOARD_X needs .*pip install '.\[fog\]'"):
        env.require_extra("fog", "no_such_package", "VOICEBOARD_X")
