"""An approved deletion runs once, and only if the voice hasn't changed since it was planned."""

import uuid
from datetime import timedelta

import pytest

from catalog.audit import Origin, acting_from, record
from catalog.jobs.base.leases import LEASE, find_due
from catalog.jobs.cleanups.run import run_deletion
from catalog.models import AuditEntry, CleanupPlan, Credential, PlannedDeletion, Voice
from catalog.providers.errors import (
    NotFound,
    PermissionMissing,
    ProviderError,
    RequestRejected,
    TryLater,
)
from tests import factories
from tests.stubs import remote_voice
from tests.threads import call_at_once

State, Step = PlannedDeletion.State, PlannedDeletion.Step


@pytest.fixture
def line(cast, stub) -> PlannedDeletion:
    """Return a deletion that Ana approved, of a clone that the provider has."""
    voice = factories.make_clone(cast.account, "Ada", remote_id="r-ada")
    stub.listed = [remote_voice("r-ada", "Ada"), remote_voice("r-other", "Other")]
    plan = factories.make_plan(
        cast.ana, cast.aurora, [], approved_by=cast.ana, approved_at=factories.NOW
    )
    return factories.make_line(plan, voice, state=State.QUEUED, credential=cast.credential)


def deleted_ids(stub) -> list[str]:
    return [call[1] for call in stub.asked if call[0] == "delete"]


def test_deletion_deletes_the_voice_and_records_the_outcome(cast, line, stub, clock):
    gone_from = run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert gone_from == cast.account.pk
    assert deleted_ids(stub) == ["r-ada"]
    assert (line.state, line.step, line.ended_at) == (State.DELETED, Step.CONFIRMED, clock.now)
    assert (line.lease_until, line.attempt_count) == (None, 1)
    assert (line.voice.remote_deleted_at, line.voice.gone_reason) == (
        clock.now,
        f"Deleted by Ana with plan {line.plan_id}.",
    )
    entry = AuditEntry.objects.get(action="voice deleted")
    assert (entry.actor, entry.team) == (cast.ana, cast.aurora)
    label = cast.account.info.label
    assert entry.facts == {"plan": line.plan_id, "provider": label, "remote_id": "r-ada"}
    assert entry.reason == "Selected manually."
    cast.account.refresh_from_db()
    assert (cast.account.slots_used, cast.account.slots_limit) == (4, 30)


def test_audit_entry_has_the_reason_and_the_approval_request_number(cast, line, stub, clock):
    reasons = [{"rule": "failed", "label": "Failed", "words": "It failed."}]
    PlannedDeletion.objects.update(reasons=reasons)
    factories.make_rules(cast.aurora, unheard_days=1)
    Voice.objects.update(state=Voice.State.FAILED)
    with acting_from(Origin("a1b2c3", "192.0.2.7")):
        record(cast.ana, "plan approved", line.plan, team=cast.aurora, now=clock.now)
    with acting_from(Origin("d4e5f6", "192.0.2.7")):
        record(cast.mia, "voice renamed", line.voice, team=cast.aurora, now=clock.now)

    run_deletion(line.pk, clock)

    entry = AuditEntry.objects.get(action="voice deleted")
    assert (entry.reason, entry.request_number) == ("Failed: It failed.", "a1b2c3")


def test_audit_entry_of_a_retried_deletion_has_the_retry_request_number(cast, line, stub, clock):
    for number, target in (("a1b2c3", line), ("d4e5f6", line.plan)):
        with acting_from(Origin(number, "192.0.2.7")):
            record(cast.ana, "asked", target, team=cast.aurora, now=clock.now)

    run_deletion(line.pk, clock)

    assert AuditEntry.objects.get(action="voice deleted").request_number == "a1b2c3"


def test_voice_kept_in_another_plan_is_skipped(cast, line, stub, clock):
    other = factories.make_plan(cast.ana, cast.aurora, [])
    kept = {"state": State.KEPT, "kept_by": cast.mia, "ended_at": clock.now}
    factories.make_line(other, line.voice, **kept)
    CleanupPlan.objects.update(drawn_up_at=clock.now - timedelta(days=1))

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert line.state == State.SKIPPED
    assert line.message.startswith("Mia kept it on ")
    assert stub.asked == []


def test_deletion_that_runs_twice_deletes_once(line, stub, clock):
    run_deletion(line.pk, clock)

    assert run_deletion(line.pk, clock) is None
    assert deleted_ids(stub) == ["r-ada"]
    assert AuditEntry.objects.count() == 1


def test_concurrent_workers_delete_once(file_database, line, stub, clock):
    answers = call_at_once(*[lambda: run_deletion(line.pk, clock) for _ in range(6)])

    assert deleted_ids(stub) == ["r-ada"]
    assert sorted(map(str, answers)) == sorted(["None"] * 5 + [str(line.account_id)])
    assert PlannedDeletion.objects.get().state == State.DELETED


@pytest.mark.parametrize("state", [State.PLANNED, State.DELETED, State.SKIPPED, State.FAILED])
def test_unapproved_or_finished_deletion_does_not_run(line, stub, clock, state):
    PlannedDeletion.objects.update(state=state)

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert line.state == state
    assert stub.asked == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Ada the second"}, "It was renamed to “Ada the second”"),
        ({"remote_deleted_at": factories.NOW}, "It was already gone."),
        ({"is_owned": False}, "It can no longer be deleted."),
        ({"kind": Voice.Kind.LIBRARY}, "It can no longer be deleted."),
        ({"remote_id": "r-other"}, "It was renamed"),
    ],
)
def test_voice_that_changed_since_planning_is_skipped_with_the_reason(
    line, stub, clock, change, words
):
    Voice.objects.filter(pk=line.voice_id).update(**change)

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert line.state == State.SKIPPED
    assert line.message.startswith(words)
    assert stub.asked == []
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action) == ("Voiceboard", "voice skipped")
    assert entry.reason == line.message


def test_deletion_whose_key_was_removed_fails_with_a_message(cast, line, stub, clock):
    cast.credential.delete()

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert line.state == State.FAILED
    assert line.message == "The key for deleting this voice was removed."
    assert stub.asked == []


def test_deletion_whose_key_cannot_be_decrypted_fails_with_a_message(line, stub, clock):
    Credential.objects.update(sealed=b"corrupted")

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert (line.state, "Replace it" in line.message) == (State.FAILED, True)


def test_voice_unknown_to_the_provider_counts_as_deleted(line, stub, clock):
    stub.fails["delete"] = [NotFound("Never heard of it.")]

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert (line.state, line.voice.is_gone) == (State.DELETED, True)
    assert line.message == "The provider no longer knew this voice."


@pytest.mark.parametrize(
    "problem", [PermissionMissing("The key lacks voices_write."), RequestRejected("Not this one.")]
)
def test_rejected_deletion_fails_with_the_provider_message_and_keeps_the_voice(
    line, stub, clock, problem: ProviderError
):
    stub.fails["delete"] = [problem]

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert (line.state, line.message) == (State.FAILED, problem.message)
    assert not line.voice.is_gone
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.reason) == ("Ana", "deletion failed", problem.message)


@pytest.mark.parametrize(
    ("asked_for", "waits"), [(None, 2), (0, 0), (90, 90), (900, 900), (10_000, 900)]
)
def test_deletion_is_retried_after_the_time_the_provider_asks_for(
    line, stub, clock, asked_for, waits
):
    stub.fails["delete"] = [TryLater("Slow down.", retry_after=asked_for)]

    assert run_deletion(line.pk, clock) is None

    line.refresh_from_db()
    assert (line.state, line.message) == (State.WAITING, "Slow down.")
    assert line.not_before == clock.now + timedelta(seconds=waits)
    clock.move(seconds=waits + 1)
    assert find_due(PlannedDeletion, PlannedDeletion.ACTIVE_STATES, clock.now) == [line.pk]
    run_deletion(line.pk, clock)
    line.refresh_from_db()
    assert (line.state, line.attempt_count) == (State.DELETED, 2)


def test_deletion_fails_after_8_attempts_without_an_answer(line, stub, clock):
    stub.fails["delete"] = [TryLater("No answer.") for _ in range(100)]

    for _ in range(20):
        run_deletion(line.pk, clock)
        clock.move(hours=1)

    line.refresh_from_db()
    assert (line.state, line.message) == (State.FAILED, "No answer.")
    assert len(deleted_ids(stub)) == line.attempt_count == 8


def test_deletion_is_confirmed_if_its_worker_died_after_the_call(line, stub, clock):
    PlannedDeletion.objects.update(
        state=State.RUNNING, step=Step.SENT, lease_until=clock.now + LEASE, fence=1
    )
    stub.listed = [remote_voice("r-other")]

    assert run_deletion(line.pk, clock) is None
    clock.move(seconds=LEASE.total_seconds() + 1)
    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert (line.state, line.voice.is_gone) == (State.DELETED, True)


def test_voice_no_longer_listed_after_the_call_counts_as_deleted(line, stub, clock):
    PlannedDeletion.objects.update(state=State.WAITING, step=Step.SENT)
    Voice.objects.filter(pk=line.voice_id).update(
        remote_deleted_at=clock.now, gone_reason="No longer listed by the provider."
    )
    stub.listed = []

    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert line.state == State.DELETED
    assert line.voice.gone_reason == "No longer listed by the provider."


def test_voice_in_two_plans_is_deleted_once(cast, line, stub, clock):
    again = factories.make_plan(cast.ana, cast.aurora, [], approved_at=clock.now)
    second = factories.make_line(again, line.voice, state=State.QUEUED)

    run_deletion(line.pk, clock)
    run_deletion(second.pk, clock)

    second.refresh_from_db()
    assert deleted_ids(stub) == ["r-ada"]
    assert (second.state, second.message) == (State.SKIPPED, "It was already gone.")


def test_worker_that_lost_its_lease_writes_nothing(line, stub, clock, monkeypatch):
    def delete_slowly(remote_id: str) -> None:
        PlannedDeletion.objects.update(fence=99, message="Another worker holds this.")

    monkeypatch.setattr(stub, "delete", delete_slowly)

    assert run_deletion(line.pk, clock) is None

    line.refresh_from_db()
    assert (line.state, line.message) == (State.RUNNING, "Another worker holds this.")
    assert not Voice.objects.get(pk=line.voice_id).is_gone
    assert not AuditEntry.objects.exists()


def test_deletion_succeeds_if_the_slots_cannot_be_read(cast, line, stub, clock):
    stub.fails["slots"] = [TryLater("No.")]

    run_deletion(line.pk, clock)

    cast.account.refresh_from_db()
    assert PlannedDeletion.objects.get().state == State.DELETED
    assert cast.account.slots_used == 3


def test_unknown_deletion_id_does_nothing(installation, stub, clock):
    assert run_deletion(uuid.uuid4(), clock) is None
    assert CleanupPlan.objects.count() == 0
