"""Sessions that ended leave nothing behind."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from catalog.schedule import tidy_task

DAY = timedelta(days=1)


@pytest.fixture
def note_browser(cast):
    """Store a session of Mia's, and what was noted of its browser."""

    def note(key: str, *, ends_in: timedelta | None, age: timedelta) -> None:
        now = timezone.now()
        if ends_in is not None:
            Session.objects.create(session_key=key, session_data="", expire_date=now + ends_in)
        UserSession.objects.create(
            user=cast.mia, session_key=key, ip="192.0.2.7", user_agent="x", created_at=now - age
        )

    return note


def test_the_tidy_job_forgets_expired_sessions_and_their_browsers(note_browser):
    note_browser("expired", ends_in=-DAY, age=40 * DAY)
    note_browser("signed-out", ends_in=None, age=40 * DAY)
    note_browser("open", ends_in=DAY, age=40 * DAY)
    note_browser("changing", ends_in=None, age=DAY)

    tidy_task()

    assert set(Session.objects.values_list("session_key", flat=True)) == {"open"}
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {"open", "changing"}
