"""People are warned before a speaker's consent ends, once for each date."""

from datetime import date, timedelta
from typing import Any

import pytest

from catalog.jobs.speakers import warn_of_consent_ends
from catalog.models import Consent, Membership, Notification
from tests import factories

ENDS_ON = date(2026, 12, 31)


@pytest.fixture
def consent(cast: Any) -> Consent:
    """Return a consent that Cleo attested, of a speaker whose clone Ana sees through a key."""
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)
    job = factories.make_job(cast.mia, cast.credential, state="ready")
    Consent.objects.update(ends_on=ENDS_ON)
    return job.batch.consent


def warn(clock: Any, days_before: int) -> list[tuple[str, str]]:
    """Return who is notified so many days before the end, and of what."""
    Notification.objects.all().delete()
    clock.now = factories.NOW.replace(year=2026, month=12, day=31) - timedelta(days=days_before)
    warn_of_consent_ends(clock())
    rows = Notification.objects.order_by("user").select_related("user")
    return [(str(row.user), row.words) for row in rows]


def test_keeper_and_admins_are_warned_once_for_each_date(cast, consent, clock):
    assert warn(clock, 31) == []
    words = "Ada: The speaker's consent ends in 30 days, on Dec 31, 2026. Record a new one to use"
    first = warn(clock, 30)
    assert [name for name, _ in first] == ["Ana", "Mia"]
    assert all(text.startswith(words) for _, text in first)
    assert warn(clock, 29) == []
    assert len(warn(clock, 7)) == 2
    assert warn(clock, 6) == []
    assert "in 1 day, on" in warn(clock, 1)[0][1]
    assert warn(clock, 0) == []
    assert "consent ended on Dec 31, 2026" in warn(clock, -1)[0][1]
    assert warn(clock, -2) == []


def test_warnings_that_were_missed_are_sent_as_one(cast, consent, clock):
    assert "in 5 days" in warn(clock, 5)[0][1]
    assert warn(clock, 4) == []


def test_later_consent_and_withdrawal_end_the_warnings(cast, consent, clock):
    later = Consent.objects.create(
        speaker=consent.speaker, attested_by=cast.ana, attested_at=clock.now
    )
    assert warn(clock, 7) == []

    later.delete()
    Consent.objects.update(withdrawn_at=clock.now)

    assert warn(clock, 7) == []


def test_admin_who_cannot_see_the_speaker_hears_nothing(cast, consent, clock):
    cast.account.__class__.objects.update(is_shared=False)
    cast.credential.__class__.objects.update(is_shared=False, owner=cast.mia)

    assert [name for name, _ in warn(clock, 7)] == ["Mia"]
