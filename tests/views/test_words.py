"""Relative times, articles, and other small wordings on pages."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.models import ProviderAccount
from catalog.templating.formats import ago, ahead, with_article
from tests import factories
from tests.views.conftest import Page

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "before", "after"),
    [
        (0, "just now", "soon"),
        (59, "just now", "soon"),
        (60, "1\xa0minute ago", "in 1\xa0minute"),
        (7200, "2\xa0hours ago", "in 2\xa0hours"),
    ],
)
def test_less_than_a_minute_is_shown_as_just_now_or_soon(seconds, before, after):
    span = timedelta(seconds=seconds)

    assert ago(NOW - span, NOW) == before
    assert ahead(NOW + span, NOW) == after


def test_days_ahead_are_rounded():
    assert ahead(NOW + timedelta(days=7, minutes=-5), NOW) == "in 1\xa0week"
    assert ahead(NOW + timedelta(days=2, hours=9), NOW) == "in 2\xa0days"


def test_a_role_gets_the_fitting_article():
    assert [with_article(word) for word in ("admin", "member")] == ["an admin", "a member"]


@pytest.mark.parametrize("path", ["/accounts/", "/keys/", "/health/"])
def test_a_sync_that_just_finished_is_shown_as_just_now(cast, ana, path):
    ProviderAccount.objects.filter(pk=cast.account.pk).update(synced_at=datetime.now(UTC))

    text = Page(ana.get(path)).text

    assert "just now" in text.lower()
    assert "0\xa0minutes" not in text


def test_a_comparison_counts_as_a_use_of_its_voices(cast, ana):
    voices = [factories.make_clone(cast.account, name) for name in ("Ada", "Bo")]
    before = Page(ana.get(f"/voices/{voices[0].pk}/")).text
    factories.make_comparison(cast.mia, voices, "Hello.")
    factories.make_comparison(cast.mia, voices, "Hello again.")

    assert "2 comparisons" not in before
    assert "2 comparisons" in Page(ana.get(f"/voices/{voices[0].pk}/")).text


def test_changing_an_owner_requires_choosing_one(cast, ana):
    path = f"/accounts/{cast.account.pk}/owner/"

    asked = Page(ana.get(path))
    sent = ana.post(path, {"owner": "", "reason": "Ana leaves."})

    assert "Choose a member" in asked.text
    assert sent.status_code == 422
    assert "Choose the new owner." in Page(sent).text
