"""Which forks start when: workers wait for the sandbox that checks the demo's keys."""

import contextlib
import socket

import pytest

from tests.servers.binaries import free_port
from voiceboard.prefork import Forks


@pytest.fixture
def started(monkeypatch, settings):
    """The names of the forks that were started, without a process of theirs."""
    settings.SANDBOX_PORT = free_port()
    names: list[str] = []
    monkeypatch.setattr(Forks, "_start", lambda _, name: names.append(name))
    return names


def test_workers_start_once_the_sandbox_answers(started, settings):
    forks = Forks(["sandbox", "web", "jobs"])

    forks.keep_up()
    assert started == ["sandbox", "web"]
    with contextlib.closing(socket.create_server(("127.0.0.1", settings.SANDBOX_PORT))):
        forks.keep_up()

    assert started == ["sandbox", "web", "jobs"]


def test_workers_start_without_a_sandbox_that_never_answers(started, monkeypatch):
    monkeypatch.setattr("voiceboard.prefork.SANDBOX_SECONDS", 0.0)

    Forks(["sandbox", "jobs"]).keep_up()

    assert started == ["sandbox", "jobs"]


def test_without_the_demo_nothing_waits(started):
    Forks(["web", "jobs"]).keep_up()

    assert started == ["web", "jobs"]
