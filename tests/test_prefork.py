"""When forks start: workers wait for the sandbox, which checks the demo keys."""

import contextlib
import socket

import pytest

from tests.servers.binaries import free_port
from voiceboard import prefork
from voiceboard.prefork import Forks


@pytest.fixture
def started(monkeypatch, settings):
    """The names of the started forks. No processes are started."""
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


def test_workers_start_after_a_time_limit_if_the_sandbox_never_answers(started, monkeypatch):
    monkeypatch.setattr("voiceboard.prefork.SANDBOX_SECONDS", 0.0)

    Forks(["sandbox", "jobs"]).keep_up()

    assert started == ["sandbox", "jobs"]


def test_web_does_not_share_a_port_that_is_in_use(settings, monkeypatch, capsys):
    monkeypatch.setattr(prefork, "refuse_unfit", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.PORT = taken.getsockname()[1]

        assert prefork.check(["web", "jobs"]) == 1
        assert "VOICEBOARD_PORT" in capsys.readouterr().out
        assert prefork.check(["jobs"]) == 0


def test_without_demo_mode_all_forks_start_immediately(started):
    Forks(["web", "jobs"]).keep_up()

    assert started == ["web", "jobs"]
