"""Workers know since when they run, so that they doubt what is older."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery.signals import worker_init

import voiceboard.celery
from catalog.core.clock import database_now
from catalog.jobs.base.restore_doubts import get_start, note_start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    note_start(None)


def test_a_worker_notes_its_start_before_it_forks(monkeypatch):
    monkeypatch.delenv("VOICEBOARD_STARTED_AT", raising=False)
    before = database_now()

    voiceboard.celery._note_start()

    assert before <= get_start() <= database_now()
    assert voiceboard.celery._note_start in [ref() for _, ref in worker_init.receivers]


def test_a_worker_that_its_supervisor_started_again_is_as_old_as_the_supervisor(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_STARTED_AT", "1000.5")

    voiceboard.celery._note_start()

    assert abs(get_start() - datetime.fromtimestamp(1000.5, UTC)) < timedelta(seconds=5)
