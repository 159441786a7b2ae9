"""Voices that can be deleted, and the outcome of each deletion in a plan."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import CleanupPlan, PlannedDeletion
from catalog.queries.cleanups.plans import find_plans, get_plan_page
from catalog.queries.cleanups.stale import get_stale_page
from tests import factories

State = PlannedDeletion.State


def test_only_own_voices_of_visible_accounts_are_listed(cast):
    clone = factories.make_clone(cast.account, "Zoë")
    first = factories.make_clone(cast.account, "Ada")
    factories.make_voice(cast.account, "Library")
    factories.make_clone(cast.account, "Gone", remote_deleted_at=factories.NOW)
    factories.make_clone(cast.other_account, "Foreign")
    factories.make_clone(factories.make_account(cast.aurora, is_shared=False), "Hidden")

    page = get_stale_page(cast.ana, cast.aurora, factories.NOW, section="all")

    assert [stale.voice for stale in page.shown] == [first, clone]


def test_plans_of_other_teams_are_not_found(cast):
    plan = factories.make_plan(cast.ana, cast.aurora, [])
    foreign = factories.make_plan(cast.sam, cast.borealis, [])

    assert find_plans(cast.ana) == [plan]
    with pytest.raises(CleanupPlan.DoesNotExist):
        get_plan_page(cast.ana, foreign.pk, factories.NOW)


def test_plan_counts_outcomes_and_runs_until_every_deletion_ended(cast):
    voices = [factories.make_clone(cast.account, name) for name in "abcd"]
    plan = factories.make_plan(cast.ana, cast.aurora, voices, approved_at=factories.NOW)
    states = [State.DELETED, State.SKIPPED, State.FAILED, State.WAITING]
    for line, state in zip(plan.lines.order_by("name"), states, strict=True):
        PlannedDeletion.objects.filter(pk=line.pk).update(state=state)

    page = get_plan_page(cast.ana, plan.pk, factories.NOW)

    assert [line.name for line in page.lines] == list("abcd")
    assert (page.deleted_count, page.unfinished_count, page.is_running) == (1, 1, True)
    PlannedDeletion.objects.filter(state=State.WAITING).update(state=State.DELETED)
    page = get_plan_page(cast.ana, plan.pk, factories.NOW)
    assert (page.deleted_count, page.unfinished_count, page.is_running) == (2, 0, False)


def test_plan_can_be_filtered_by_outcome(cast):
    voices = [factories.make_clone(cast.account, name) for name in "abc"]
    plan = factories.make_plan(cast.ana, cast.aurora, voices, approved_at=factories.NOW)
    plan.lines.exclude(name="a").update(state=State.FAILED)

    page = get_plan_page(cast.ana, plan.pk, factories.NOW, outcome="failed")
    whole = get_plan_page(cast.ana, plan.pk, factories.NOW, outcome="nonsense")

    assert ([line.name for line in page.lines], page.count, page.outcome_label) == (
        ["b", "c"], 3, "Failed"
    )  # fmt: skip
    assert page.address == f"/cleanup/plans/{plan.pk}/?page=1&outcome=failed"
    assert (len(whole.lines), whole.address) == (3, f"/cleanup/plans/{plan.pk}/?page=1")
    assert [(words, number) for _, words, number in whole.outcomes] == [
        ("Not approved yet", 1), ("Failed", 2)
    ]  # fmt: skip


def test_plan_counts_deletable_and_hide_only_voices_separately(cast):
    stepfun = factories.make_account(cast.aurora, provider="stepfun")
    voices = [factories.make_clone(cast.account), factories.make_clone(stepfun)]
    plan = factories.make_plan(cast.ana, cast.aurora, voices)

    page = get_plan_page(cast.ana, plan.pk, factories.NOW)

    assert (page.count, page.deletes_count, page.hides_count) == (2, 1, 1)


def test_dry_run_is_not_running(cast):
    plan = factories.make_plan(cast.ana, cast.aurora, [factories.make_clone(cast.account)])

    assert not get_plan_page(cast.ana, plan.pk, factories.NOW).is_running


def test_plan_shows_freed_slots_and_the_provider_deletion_policy(cast):
    voices = [factories.make_clone(cast.account, name) for name in "abc"]
    plan = factories.make_plan(cast.ana, cast.aurora, voices)

    (freed,) = get_plan_page(cast.ana, plan.pk, factories.NOW).freed

    assert (freed.account, freed.count) == (cast.account, 3)
    assert freed.slots_words == "3 of 30 slots used, 0 afterwards"
    assert freed.account.info.deletion == "The provider doesn't say whether it keeps a copy"


def test_more_deletions_need_no_more_queries(cast):
    def count_queries(plan) -> int:
        with CaptureQueriesContext(connection) as seen:
            for line in get_plan_page(cast.ana, plan.pk, factories.NOW).lines:
                assert [line.account.info.label, str(line.credential.owner), str(line.voice)]
        return len(seen)

    short = factories.make_plan(cast.ana, cast.aurora, [factories.make_clone(cast.account)])
    voices = [factories.make_clone(cast.account, name) for name in "abcdef"]
    long = factories.make_plan(cast.ana, cast.aurora, voices)

    assert count_queries(long) == count_queries(short) == 7
