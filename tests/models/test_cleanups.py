"""Cleanup plans and their deletions."""

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from catalog.models import CleanupPlan, PlannedDeletion
from tests import factories

State = PlannedDeletion.State


@pytest.fixture
def plan(cast) -> CleanupPlan:
    return factories.make_plan(cast.ana, cast.aurora, [factories.make_clone(cast.account)])


def test_plan_is_visible_only_to_its_team(cast, plan):
    assert list(CleanupPlan.objects.visible_to(cast.ana)) == [plan]
    assert list(CleanupPlan.objects.visible_to(cast.mia)) == [plan]
    assert not CleanupPlan.objects.visible_to(cast.sam).exists()


def test_voice_is_in_a_plan_only_once(plan):
    line = plan.lines.get()

    with pytest.raises(IntegrityError):
        factories.make_line(plan, line.voice)


def test_voice_in_a_plan_cannot_be_deleted(plan):
    with pytest.raises(ProtectedError):
        plan.lines.get().voice.delete()


@pytest.mark.parametrize("state", State)
def test_planned_deletion_knows_how_it_ended(state):
    line = PlannedDeletion(state=state)

    assert line.is_deleted is (state == State.DELETED)
    assert line.has_failed is (state == State.FAILED)
    assert line.is_finished is (state not in {State.QUEUED, State.RUNNING, State.WAITING})
