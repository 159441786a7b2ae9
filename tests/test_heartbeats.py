"""A web server reports that it runs, and takes the report back when it stops."""

import pytest

from catalog.models import Heartbeat
from tests.servers.processes import in_time
from voiceboard import heartbeats


@pytest.mark.usefixtures("file_database")
def test_a_web_server_has_a_heartbeat_until_it_stops(monkeypatch, settings):
    monkeypatch.setattr(heartbeats, "_stop", heartbeats.threading.Event())
    settings.HOST_NAME = "here"

    stop = heartbeats.beat_from_web()
    assert in_time(lambda: Heartbeat.objects.filter(name="web@here", queues="").exists())
    stop()

    assert not Heartbeat.objects.exists()
