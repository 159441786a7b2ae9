"""A plan is a frozen list that an admin saw; only its voices are deleted, each once."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import AuditEntry, CleanupPlan, Credential, PlannedDeletion, Voice
from catalog.services.cleanups.plans import (
    AlreadyApproved,
    NoDeletionKey,
    NothingToPlan,
    approve_plan,
    create_plan,
    retry_deletion,
)
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
State, Step = PlannedDeletion.State, PlannedDeletion.Step


def draw_up(user, team, *voices: Voice) -> CleanupPlan:
    return create_plan(user, team=team, voice_ids=[voice.pk for voice in voices], now=NOW)


@pytest.fixture(autouse=True)
def _at_once(cast) -> None:
    """Let plans start when they are approved, since these tests don't need the waiting time."""
    factories.make_rules(cast.aurora, waiting_days=0)


@pytest.fixture
def clone(cast) -> Voice:
    return factories.make_clone(cast.account, "Ada")


def test_dry_run_freezes_names_and_ids_and_changes_no_voice(cast, clone, wakes):
    before = Voice.objects.values().get(pk=clone.pk)

    plan = draw_up(cast.ana, cast.aurora, clone)

    line = plan.lines.get()
    assert (line.name, line.remote_id, line.account) == ("Ada", clone.remote_id, cast.account)
    assert (line.state, line.credential) == (State.PLANNED, cast.credential)
    assert Voice.objects.values().get(pk=clone.pk) == before
    assert (plan.drawn_up_by, plan.is_approved) == (cast.ana, False)
    assert AuditEntry.objects.get().action == "plan created"
    assert wakes == []


def test_voices_that_cannot_be_deleted_enter_no_plan(cast, clone):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.mia)
    unwanted = [
        factories.make_voice(cast.account, "Library"),
        factories.make_clone(cast.account, "Gone", remote_deleted_at=NOW),
        factories.make_clone(cast.account, "Not ours", is_owned=False),
        factories.make_clone(cast.other_account, "Foreign"),
        factories.make_clone(hidden, "Hidden"),
    ]

    plan = draw_up(cast.ana, cast.aurora, clone, *unwanted)

    assert [line.voice for line in plan.lines.all()] == [clone]
    with pytest.raises(NothingToPlan):
        draw_up(cast.ana, cast.aurora, *unwanted)
    with pytest.raises(NothingToPlan):
        create_plan(cast.ana, team=cast.aurora, voice_ids=[10**17], now=NOW)
    assert CleanupPlan.objects.count() == 1


@pytest.mark.parametrize("who", ["mia", "sam"])
def test_only_team_admins_can_plan_approve_and_retry(cast, clone, who):
    user = getattr(cast, who)
    plan = draw_up(cast.ana, cast.aurora, clone)

    with pytest.raises(PermissionDenied):
        draw_up(user, cast.aurora, clone)
    with pytest.raises(PermissionDenied):
        approve_plan(user, plan=plan, now=NOW)
    with pytest.raises(PermissionDenied):
        retry_deletion(user, line=plan.lines.get(), now=NOW)

    assert CleanupPlan.objects.filter(approved_at=None).count() == 1


def test_planned_deletion_says_if_no_key_can_delete_the_voice(cast, clone):
    Credential.objects.filter(pk=cast.credential.pk).update(abilities={"delete": "no"})

    line = draw_up(cast.ana, cast.aurora, clone).lines.get()

    assert line.credential is None
    assert line.message == "The key of Ana can't delete this voice. Ask them to add one that can."


def test_approved_plan_queues_its_deletions_and_enqueues_each(
    cast, clone, wakes, django_capture_on_commit_callbacks
):
    plan = draw_up(cast.ana, cast.aurora, clone, factories.make_clone(cast.account, "Bo"))

    with django_capture_on_commit_callbacks(execute=True):
        approve_plan(cast.ana, plan=plan, now=NOW)

    plan.refresh_from_db()
    assert (plan.approved_by, plan.approved_at) == (cast.ana, NOW)
    assert {line.state for line in plan.lines.all()} == {State.QUEUED}
    assert sorted(wakes) == sorted(
        ("catalog.run_deletion", str(line.pk)) for line in plan.lines.all()
    )
    entry = AuditEntry.objects.get(action="plan approved")
    assert entry.facts == {"voices": 2, "waiting_days": 0}


def test_voices_added_after_the_dry_run_are_not_in_the_plan(cast, clone):
    plan = draw_up(cast.ana, cast.aurora, clone)
    factories.make_clone(cast.account, "Ada too")

    approve_plan(cast.ana, plan=plan, now=NOW)

    assert [line.voice for line in plan.lines.all()] == [clone]


def test_plan_can_be_approved_only_once(cast, clone, wakes, django_capture_on_commit_callbacks):
    plan = draw_up(cast.ana, cast.aurora, clone)
    approve_plan(cast.ana, plan=plan, now=NOW)
    plan.lines.update(state=State.DELETED)

    with pytest.raises(AlreadyApproved), django_capture_on_commit_callbacks(execute=True):
        approve_plan(cast.ana, plan=plan, now=NOW)

    assert plan.lines.get().state == State.DELETED
    assert wakes == []
    assert AuditEntry.objects.filter(action="plan approved").count() == 1


def test_concurrent_approvals_count_once(file_database, cast, wakes):
    plan = draw_up(cast.ana, cast.aurora, factories.make_clone(cast.account))

    answers = call_at_once(*[lambda: approve_plan(cast.ana, plan=plan, now=NOW) for _ in range(4)])

    assert sorted(type(answer).__name__ for answer in answers) == [
        *["AlreadyApproved"] * 3,
        "NoneType",
    ]
    assert len(wakes) == 1


@pytest.mark.parametrize("when", ["before the dry run", "after the dry run"])
def test_deletions_without_a_key_are_skipped_with_the_reason(cast, clone, wakes, when):
    if when == "before the dry run":
        Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")
    plan = draw_up(cast.ana, cast.aurora, clone)
    Credential.objects.filter(pk=cast.credential.pk).delete()

    approve_plan(cast.ana, plan=plan, now=NOW)

    line = plan.lines.get()
    assert (line.state, line.ended_at) == (State.SKIPPED, NOW)
    assert "key" in line.message
    entries = [(entry.action, entry.reason) for entry in AuditEntry.objects.order_by("number")]
    assert entries[-2:] == [("plan started", ""), ("voice skipped", line.message)]


@pytest.fixture
def failed_line(cast, clone) -> PlannedDeletion:
    plan = draw_up(cast.ana, cast.aurora, clone)
    approve_plan(cast.ana, plan=plan, now=NOW)
    plan.lines.update(
        state=State.FAILED, step=Step.SENT, message="No.", attempt_count=8, ended_at=NOW
    )
    return plan.lines.get()


def test_retry_resets_and_enqueues_only_the_failed_deletion(
    cast, failed_line, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        retry_deletion(cast.ana, line=failed_line, now=NOW)

    failed_line.refresh_from_db()
    assert (failed_line.state, failed_line.step) == (State.QUEUED, Step.PLANNED)
    assert (failed_line.attempt_count, failed_line.message) == (0, "")
    assert failed_line.ended_at is None
    assert wakes == [("catalog.run_deletion", str(failed_line.pk))]
    entry = AuditEntry.objects.get(action="deletion retried")
    assert entry.target_name == f"Deletion of Ada in plan {failed_line.plan_id}"


@pytest.mark.parametrize("state", [state for state in State if state != State.FAILED])
def test_deletion_that_did_not_fail_is_not_retried(cast, failed_line, wakes, state):
    PlannedDeletion.objects.update(state=state)

    retry_deletion(cast.ana, line=failed_line, now=NOW)

    failed_line.refresh_from_db()
    assert failed_line.state == state
    assert not AuditEntry.objects.filter(action="deletion retried").exists()


def test_deletion_of_an_unapproved_plan_is_not_retried(cast, clone):
    plan = draw_up(cast.ana, cast.aurora, clone)
    plan.lines.update(state=State.FAILED)

    retry_deletion(cast.ana, line=plan.lines.get(), now=NOW)

    assert plan.lines.get().state == State.FAILED


def test_retry_uses_a_key_that_works_now(cast, failed_line):
    Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")
    fitting = factories.make_credential(cast.mia, cast.account, is_shared=True)

    retry_deletion(cast.ana, line=failed_line, now=NOW)

    failed_line.refresh_from_db()
    assert (failed_line.state, failed_line.credential) == (State.QUEUED, fitting)


def test_retry_without_a_key_fails_and_changes_nothing(cast, failed_line):
    Credential.objects.filter(pk=cast.credential.pk).delete()

    with pytest.raises(NoDeletionKey):
        retry_deletion(cast.ana, line=failed_line, now=NOW)

    failed_line.refresh_from_db()
    assert failed_line.state == State.FAILED
