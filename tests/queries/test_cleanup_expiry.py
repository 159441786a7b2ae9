"""Voices that expire, soonest first, and when accounts will be full at the current rate."""

from datetime import timedelta

import pytest

from catalog.models import PlannedDeletion, Voice
from catalog.queries import similarity
from catalog.queries.cleanups import expiry
from catalog.queries.cleanups.expiry import get_end_board
from tests import factories

NOW = factories.NOW


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


def test_dated_voices_come_first_and_have_similar_replacements(cast):
    ending = factories.make_voice(cast.account, "Ada", ends_at=NOW + timedelta(days=20))
    undated = factories.make_voice(cast.account, "Bo", end_note="Some day.")
    values = {"preview_url": "https://cdn.example.com/a.mp3"}
    alike = [factories.make_voice(cast.account, name, **values) for name in "defg"]
    leaving = factories.make_voice(cast.account, "Leaving too", ends_at=NOW, **values)
    factories.make_embedding(ending, 1)
    factories.make_embedding(leaving, 1)
    for place, voice in enumerate(alike):
        factories.make_embedding(voice, 1, place / 10)

    board = get_end_board(cast.ana, NOW)

    found = [(each.voice, each.days) for each in board.ending]
    assert found == [(leaving, 0), (ending, 20), (undated, None)]
    assert board.ending[1].replacements == alike[:3]
    assert board.ending[2].replacements  # by its labels


def test_past_end_date_is_shown_as_overdue(cast):
    for name, days in (("Ada", -3), ("Bo", 0), ("Cy", 1)):
        factories.make_voice(cast.account, name, ends_at=NOW + timedelta(days=days))

    words = [each.words for each in get_end_board(cast.ana, NOW).ending]

    dates = [f"{NOW + timedelta(days=days):%b %-d, %Y}" for days in (-3, 0, 1)]
    assert words == [
        f"was due on {dates[0]}, but is still listed",
        f"today, on {dates[1]}",
        f"in 1 day, on {dates[2]}",
    ]


def test_growing_account_has_a_date_when_it_is_full(cast):
    type(cast.account).objects.filter(pk=cast.account.pk).update(slots_used=20, slots_limit=30)
    for number in range(6):
        factories.make_clone(cast.account, f"Clone {number}", added_at=NOW - timedelta(days=5))
    Voice.objects.filter(name="Clone 0").update(remote_deleted_at=NOW - timedelta(days=1))
    factories.make_clone(cast.account, "Old", added_at=NOW - timedelta(days=90))

    board = get_end_board(cast.ana, NOW)

    forecast = next(each for each in board.accounts if each.account == cast.account)
    assert (forecast.made_count, forecast.gone_count, forecast.growth) == (6, 1, 5)
    assert forecast.full_date == (NOW + timedelta(days=60)).date()
    assert (
        forecast.words
        == f"Full in about 9 weeks, about {forecast.full_date:%b %-d, %Y}, at this rate."
    )
    assert [voice.name for voice in board.gone] == ["Clone 0"]


def test_forecast_says_if_an_account_is_full_or_not_filling_up(cast):
    accounts = type(cast.account).objects.filter(pk=cast.account.pk)
    accounts.update(slots_used=30, slots_limit=30)
    assert get_end_board(cast.ana, NOW).accounts[0].words == "Full now."

    accounts.update(slots_used=3)
    assert get_end_board(cast.ana, NOW).accounts[0].words == "Not filling up."
    accounts.update(slots_limit=None)
    assert get_end_board(cast.ana, NOW).accounts[0].words == "The provider doesn't state a limit."


def test_long_sections_are_cut_and_show_the_total_count(cast, monkeypatch):
    monkeypatch.setattr(expiry, "_SHOWN", 2)
    for name in "abc":
        factories.make_voice(cast.account, name, ends_at=NOW)
        factories.make_clone(cast.account, f"gone {name}", remote_deleted_at=NOW)

    board = get_end_board(cast.ana, NOW)

    assert (len(board.ending), board.ending_count) == (2, 3)
    assert (len(board.gone), board.gone_count) == (2, 3)
    assert (board.held, board.held_count) == ([], 0)


def test_waiting_deletions_are_visible_only_to_people_who_see_the_account(cast):
    clone = factories.make_clone(cast.account)
    plan = factories.make_plan(
        cast.ana, cast.aurora, [], approved_at=NOW, started_at=None, due_at=NOW
    )
    line = factories.make_line(plan, clone, state=PlannedDeletion.State.HELD)

    assert get_end_board(cast.mia, NOW).held == [line]
    assert get_end_board(cast.sam, NOW).held == []
