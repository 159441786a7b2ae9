"""Announced ends: who can add them, what they count for, and reminders in time, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.evacuations.remind import notify_of_clones, remind_of_ends
from catalog.jobs.voices.badges import refresh_badges
from catalog.models import EndNotice, Evacuation, Notification, VoiceLabel
from catalog.queries import similarity
from catalog.queries.cleanups.expiry import get_end_board
from catalog.queries.evacuations.plans import find_affected
from catalog.services.evacuations.notices import KnownEnd, announce_end, withdraw_end
from tests import factories

NOW = factories.NOW


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


TODAY = NOW.date()
MINE = "https://cdn.example.com/a.mp3"


def announce(cast: Any, user: Any = None, **values: Any) -> EndNotice:
    end = KnownEnd(provider="elevenlabs", **values)
    return announce_end(user or cast.ana, team=cast.aurora, end=end, now=NOW)


def badges_of(voice: Any) -> set[str]:
    refresh_badges(NOW)
    rows = VoiceLabel.objects.filter(voice=voice, facet="badge")
    return set(rows.values_list("value", flat=True))


def test_end_of_a_provider_is_on_the_board_and_on_its_voices_until_it_is_withdrawn(cast):
    clone = factories.make_clone(cast.account)
    notice = announce(cast, ends_on=TODAY + timedelta(days=30))

    board = get_end_board(cast.ana, NOW)

    assert [(each.notice, each.count) for each in board.notices] == [(notice, 1)]
    assert "leaving" in badges_of(clone)
    withdraw_end(cast.ana, notice=notice, now=NOW)
    assert get_end_board(cast.ana, NOW).notices == []
    assert "leaving" not in badges_of(clone)


def test_only_admins_announce_and_withdraw_and_only_for_their_team(cast):
    with pytest.raises(PermissionDenied):
        announce(cast, cast.mia, ends_on=TODAY)
    with pytest.raises(PermissionDenied):
        announce(cast, ends_on=TODAY, account=cast.other_account)
    with pytest.raises(PermissionDenied):
        withdraw_end(cast.sam, notice=announce(cast, ends_on=TODAY), now=NOW)


def test_unused_clones_count_down_and_use_at_the_provider_postpones_that(cast):
    idle = factories.make_clone(cast.account, "Idle", added_at=NOW - timedelta(days=2))
    spoken = factories.make_clone(cast.account, "Spoken", added_at=NOW - timedelta(days=90))
    factories.make_clone(cast.account, "Used elsewhere", added_at=NOW - timedelta(days=90))
    factories.make_use(spoken, spoken_at=NOW)
    played = factories.make_clone(cast.account, "Played", added_at=NOW - timedelta(days=3))
    factories.make_use(played, played_at=NOW)  # here, which the provider doesn't know of
    factories.make_voice(cast.account, "Library")
    announce(cast, unused_days=7, account=cast.account)

    found = {each.voice: each for each in get_end_board(cast.ana, NOW).ending}

    assert {voice.name: each.days for voice, each in found.items()} == {
        "Idle": 5,
        "Played": 4,
        "Spoken": 7,
        "Used elsewhere": None,
    }
    assert found[idle].words == "in 5 days, on Nov 26, 2026, unless it's used before"


def test_owner_is_reminded_in_time_and_once(cast):
    clone = factories.make_clone(cast.account, "Ada")
    factories.make_job(cast.mia, cast.credential, voice=clone, state="ready")
    factories.make_voice(cast.account, "Unused library voice", ends_at=NOW)
    notice = announce(cast, ends_on=TODAY + timedelta(days=15))

    assert remind_of_ends(NOW) == 0
    assert remind_of_ends(NOW + timedelta(days=1)) == 1
    assert remind_of_ends(NOW + timedelta(days=2)) == 0

    sent = Notification.objects.get(event="end")
    assert (sent.user, sent.page) == (cast.mia, "expiry")
    assert sent.words == "Ada at ElevenLabs ends on Dec 6, 2026. Plan a replacement."
    # A new date is a new end.
    EndNotice.objects.filter(pk=notice.pk).update(ends_on=TODAY + timedelta(days=10))
    assert remind_of_ends(NOW + timedelta(days=2)) == 1


def test_reminder_of_an_unused_clone_comes_days_before_and_not_weeks(cast):
    factories.make_clone(cast.account, "Ada", added_at=NOW)
    announce(cast, unused_days=7)

    assert remind_of_ends(NOW + timedelta(days=3)) == 0
    assert remind_of_ends(NOW + timedelta(days=4)) == 1
    assert "unless it's used before" in Notification.objects.get(event="end").words


def test_many_ends_are_one_notification(cast):
    for number in range(3):
        factories.make_clone(cast.account, f"Clone {number}")
    announce(cast, ends_on=TODAY + timedelta(days=3))

    assert remind_of_ends(NOW) == 3
    assert Notification.objects.get(event="end").words.startswith("3 of your voices end soon")


def test_plan_for_an_account_holds_own_voices_and_those_in_use(cast):
    clone, starred, _ = (
        factories.make_clone(cast.account),
        factories.make_voice(cast.account, "In a collection"),
        factories.make_voice(cast.account, "Nobody's"),
    )
    factories.make_collection(cast.ana, cast.aurora, starred)

    assert find_affected(cast.ana, account=cast.account) == [clone.pk, starred.pk]


def test_whoever_started_the_clones_hears_once_that_all_have_ended(cast):
    voice = factories.make_clone(cast.account)
    plan = factories.make_evacuation(
        cast.ana, cast.aurora, voice, state=Evacuation.State.STARTED, started_by=cast.ana
    )
    job = factories.make_job(cast.ana, cast.credential)
    plan.lines.update(batch=job.batch, choice="clone")

    notify_of_clones(NOW)
    assert not Notification.objects.exists()
    type(job).objects.update(state="ready")
    notify_of_clones(NOW)
    notify_of_clones(NOW)

    sent = Notification.objects.get()
    assert (sent.about, sent.words[-35:]) == (str(plan.pk), "1 of 1 clones are ready to approve.")
