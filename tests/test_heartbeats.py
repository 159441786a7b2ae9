"""A web server reports that it runs, and takes the report back when it stops."""

from unittest.mock import Mock

import pytest
from django.db import DatabaseError

from catalog.core.clock import database_now
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


@pytest.mark.usefixtures("file_database")
def test_heartbeats_go_on_after_the_database_was_away(monkeypatch, settings):
    monkeypatch.setattr(heartbeats, "_stop", heartbeats.threading.Event())
    monkeypatch.setattr("catalog.jobs.health.heartbeats.BEAT_SECONDS", 0.05)
    monkeypatch.setattr("catalog.schedule.database_now", away := Mock(side_effect=DatabaseError))
    settings.HOST_NAME = "here"

    stop = heartbeats.beat_from_web()
    assert in_time(lambda: away.call_count > 1)
    monkeypatch.setattr("catalog.schedule.database_now", database_now)

    assert in_time(lambda: Heartbeat.objects.filter(name="web@here").exists())
    stop()
