"""Workers record when they started. Unsent work from before is checked first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from celery.signals import worker_init
from django.db import DatabaseError

import voiceboard.celery
from catalog.core.clock import database_now
from catalog.jobs.base.restore_doubts import get_start, note_start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    note_start(None)


def test_a_worker_records_its_start_before_it_forks(monkeypatch):
    monkeypatch.delenv("VOICEBOARD_STARTED_AT", raising=False)
    before = database_now()

    voiceboard.celery._note_start()

    assert before <= get_start() <= database_now()
    assert voiceboard.celery._note_start in [ref() for _, ref in worker_init.receivers]


def test_a_restarted_worker_uses_the_start_of_its_supervisor(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_STARTED_AT", "1000.5")

    voiceboard.celery._note_start()

    assert abs(get_start() - datetime.fromtimestamp(1000.5, UTC)) < timedelta(seconds=5)


def test_a_worker_that_cannot_learn_the_time_of_its_start_ends(monkeypatch):
    monkeypatch.setattr("catalog.core.clock.database_now", Mock(side_effect=DatabaseError))

    with pytest.raises(SystemExit, match="The database isn't responding"):
        voiceboard.celery._note_start()
