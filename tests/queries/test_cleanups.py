"""What could be deleted, and what became of each line of a plan."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import CleanupPlan, PlannedDeletion
from catalog.queries.cleanups import find_deletable_voices, find_plans, get_plan_page
from tests import factories

State = PlannedDeletion.State


def test_only_own_voices_of_accounts_that_the_person_sees_are_offered(cast):
    clone = factories.make_clone(cast.account, "Zoë")
    first = factories.make_clone(cast.account, "Ada")
    factories.make_voice(cast.account, "Library")
    factories.make_clone(cast.account, "Gone", gone_at=factories.NOW)
    factories.make_clone(cast.other_account, "Foreign")
    factories.make_clone(factories.make_account(cast.aurora, is_shared=False), "Hidden")

    assert find_deletable_voices(cast.ana) == [first, clone]


def test_plans_of_other_teams_do_not_exist(cast):
    plan = factories.make_plan(cast.ana, cast.aurora, [])
    foreign = factories.make_plan(cast.sam, cast.borealis, [])

    assert find_plans(cast.ana) == [plan]
    with pytest.raises(CleanupPlan.DoesNotExist):
        get_plan_page(cast.ana, foreign.pk)


def test_a_plan_counts_how_its_lines_ended_and_runs_until_all_have(cast):
    voices = [factories.make_clone(cast.account, name) for name in "abcd"]
    plan = factories.make_plan(cast.ana, cast.aurora, voices, approved_at=factories.NOW)
    states = [State.DELETED, State.SKIPPED, State.FAILED, State.WAITING]
    for line, state in zip(plan.lines.order_by("name"), states, strict=True):
        PlannedDeletion.objects.filter(pk=line.pk).update(state=state)

    page = get_plan_page(cast.ana, plan.pk)

    assert [line.name for line in page.lines] == list("abcd")
    assert (page.deleted_count, page.unfinished_count, page.is_running) == (1, 1, True)
    PlannedDeletion.objects.filter(state=State.WAITING).update(state=State.DELETED)
    page = get_plan_page(cast.ana, plan.pk)
    assert (page.deleted_count, page.unfinished_count, page.is_running) == (2, 0, False)


def test_a_dry_run_is_not_running(cast):
    plan = factories.make_plan(cast.ana, cast.aurora, [factories.make_clone(cast.account)])

    assert not get_plan_page(cast.ana, plan.pk).is_running


def test_what_cannot_be_undone_is_said_once_for_each_provider(cast):
    voices = [factories.make_clone(cast.account, name) for name in "abc"]
    plan = factories.make_plan(cast.ana, cast.aurora, voices)

    notes = get_plan_page(cast.ana, plan.pk).notes

    assert notes == [(cast.account.info.label, cast.account.info.delete_note)]
    assert cast.account.info.delete_note


def test_more_lines_need_no_more_queries(cast):
    def count_queries(plan) -> int:
        with CaptureQueriesContext(connection) as seen:
            for line in get_plan_page(cast.ana, plan.pk).lines:
                assert [line.account.info.label, str(line.credential.owner), str(line.voice)]
        return len(seen)

    short = factories.make_plan(cast.ana, cast.aurora, [factories.make_clone(cast.account)])
    voices = [factories.make_clone(cast.account, name) for name in "abcdef"]
    long = factories.make_plan(cast.ana, cast.aurora, voices)

    assert count_queries(long) == count_queries(short) == 2
