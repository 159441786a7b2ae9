"""Limits hold before anything is spent, warn in time, and count what waits to be sent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.syntheses import run_speech
from catalog.models import Budget, Charge, Notification, Synthesis, Voice
from catalog.queries.budgets import find_limits
from catalog.services.budgets import BudgetParams, OverBudget, set_budget
from catalog.services.clones import retry_clone
from catalog.services.comparisons import CannotCompare, ComparisonRequest, request_comparison
from catalog.services.syntheses import CannotSynthesize, request_speech
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
CHARACTERS, VOICES = Charge.Unit.CHARACTERS, Charge.Unit.VOICES
RESETS = "Dec 1, 2026"


@pytest.fixture
def voice(cast: Any) -> Voice:
    return factories.make_voice(cast.account)


def limit(cast: Any, scope: str, most: int | None, **values: Any) -> None:
    params = BudgetParams(scope, values.pop("unit", CHARACTERS), most=most, **values)
    set_budget(cast.ana, team=cast.aurora, params=params, now=NOW)


def ask(person: Any, voice: Voice, text: str, now: datetime = NOW) -> Synthesis:
    return request_speech(person, voice=voice, text=text, settings={}, now=now)


def test_text_beyond_the_limit_is_refused_with_the_limit_and_its_end(cast, voice, wakes):
    limit(cast, "each", 20)
    ask(cast.mia, voice, "x" * 15)

    with pytest.raises(CannotSynthesize, match=f"your limit leaves 5 characters until {RESETS}"):
        ask(cast.mia, voice, "y" * 6)
    ask(cast.mia, voice, "y" * 5)
    with pytest.raises(
        CannotSynthesize, match=f"Your limit of 20 characters a month is reached.*{RESETS}"
    ):
        ask(cast.mia, voice, "z")

    ask(cast.ana, voice, "z" * 20)
    # What still waits to be sent counts in the month in which it is sent.
    Synthesis.objects.update(state="done", step="confirmed")
    assert ask(cast.mia, voice, "z" * 20, datetime(2026, 12, 1, tzinfo=UTC))


def test_limit_of_the_team_counts_everyone_and_of_a_person_replaces_that_of_each(
    cast, voice, wakes
):
    limit(cast, "team", 20)
    limit(cast, "each", 1)
    limit(cast, "person", 15, person=cast.mia)
    ask(cast.mia, voice, "x" * 15)
    limit(cast, "each", None)

    with pytest.raises(CannotSynthesize, match="the team's limit leaves 5 characters"):
        ask(cast.ana, voice, "y" * 6)


def test_sent_texts_count_until_they_certainly_cost_nothing(cast, voice, stub, clock, wakes):
    limit(cast, "each", 20)
    speech = ask(cast.mia, voice, "x" * 12)
    run_speech(speech.pk, clock)
    used = [each.used for each in find_limits(cast.mia, cast.aurora, NOW)]
    Charge.objects.update(state=Charge.State.UNCLEAR)
    unclear = [each.used for each in find_limits(cast.mia, cast.aurora, NOW)]
    Charge.objects.update(state=Charge.State.NOT_CHARGED)

    assert (used, unclear) == ([12], [12])
    assert [each.used for each in find_limits(cast.mia, cast.aurora, NOW)] == [0]
    # A stored clip is free, also at the limit.
    limit(cast, "each", 0)
    assert ask(cast.mia, voice, "x" * 12).is_cached


def test_two_tabs_at_the_same_moment_cannot_both_take_the_rest(file_database, cast, wakes):
    voice = factories.make_voice(cast.account)
    limit(cast, "team", 20)

    answers = call_at_once(
        *(
            lambda person=person, text=text: ask(person, voice, text * 12)
            for person, text in ((cast.ana, "a"), (cast.mia, "b"), (cast.ana, "c"))
        )
    )

    assert sum(isinstance(answer, Synthesis) for answer in answers) == 1, answers
    assert sum(isinstance(answer, CannotSynthesize) for answer in answers) == 2, answers


def test_comparison_beyond_the_limit_is_refused_as_a_whole(cast, voice, wakes):
    limit(cast, "each", 20)
    params = ComparisonRequest(
        [voice, factories.make_voice(cast.account)],
        ["x" * 11],
        is_blind=False,
        votes_wanted=1,
        agreed=99,
    )

    with pytest.raises(CannotCompare, match="This needs 22 characters, but your limit leaves 20"):
        request_comparison(cast.mia, params=params, now=NOW)

    assert not Synthesis.objects.exists()


def test_clones_have_a_limit_of_their_own(cast, wakes):
    limit(cast, "team", 1, unit=VOICES)
    failed = [
        factories.make_job(cast.ana, cast.credential, state="failed", ended_at=NOW)
        for _ in range(2)
    ]
    retry_clone(cast.ana, job=failed[0], now=NOW)

    with pytest.raises(OverBudget, match="The team's limit of 1 clone a month is reached"):
        retry_clone(cast.ana, job=failed[1], now=NOW)


def test_person_and_admins_are_warned_once_in_a_month(cast, voice, wakes):
    limit(cast, "each", 100, warn_at=20)
    for text in ("x" * 19, "y" * 2, "z" * 2):
        ask(cast.mia, voice, text)

    rows = Notification.objects.filter(event=Notification.Event.BUDGET).order_by("user")
    assert {row.user: row.words for row in rows} == {
        cast.ana: "Mia has used 21 characters this month. The limit is 100 characters. "
        f"It resets on {RESETS}.",
        cast.mia: "You have used 21 characters this month. The limit is 100 characters. "
        f"It resets on {RESETS}.",
    }
    assert {row.page for row in rows} == {"spending"}
    assert len(rows) == 2


def test_only_admins_set_limits_and_empty_ones_are_removed(cast):
    params = BudgetParams("team", CHARACTERS, most=5)
    with pytest.raises(PermissionDenied):
        set_budget(cast.mia, team=cast.aurora, params=params, now=NOW)
    limit(cast, "team", 5)
    limit(cast, "team", None)

    assert not Budget.objects.exists()
