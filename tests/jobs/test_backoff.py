"""Back-off counts consecutive failures, and ends once the provider answers any call."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.jobs.base.backoff import end_waits, probe_providers
from catalog.jobs.base.leases import claim_work, find_due
from catalog.jobs.cleanups.run import run_deletion
from catalog.jobs.clones.run import run_clone
from catalog.jobs.credentials.check import check_credential
from catalog.jobs.syntheses import run_speech
from catalog.models import CloneJob, PlannedDeletion, Synthesis
from catalog.providers import errors
from tests import factories
from tests.jobs.test_clones import job, provider

__all__ = ["job", "provider"]

State, Step = CloneJob.State, CloneJob.Step
LONG = {"state": "waiting", "failure_count": 8, "waits_for_answer": True}


def waiting(cast: SimpleNamespace, **values: Any) -> CloneJob:
    """Return a job that failed 100 seconds ago, and would go on in 156."""
    until = factories.NOW + timedelta(seconds=156)
    values = {**LONG, "not_before": until, **values}
    return factories.make_job(cast.ana, cast.credential, **values)


def wait_of(row: Any, now: datetime) -> float:
    row.refresh_from_db()
    return (row.not_before - now).total_seconds()


def test_failures_that_an_answer_has_ended_no_longer_make_a_job_wait(job, provider, clock):
    evidence = [{"at": clock.now.isoformat(), "said": "No.", "status": 500, "request_id": ""}]
    CloneJob.objects.filter(pk=job.pk).update(evidence=evidence * 15)
    provider.on_clone = [errors.TryLater("It can't be reached.")]

    run_clone(job.pk, clock)

    assert wait_of(job, clock.now) == 2
    assert (job.failure_count, len(job.evidence)) == (1, 16)


def test_failures_in_a_row_make_it_wait_longer_and_an_answer_begins_again(job, provider, clock):
    waits = []
    provider.on_clone = [errors.OutcomeUnknown("It broke.")]
    provider.on_look = [errors.TryLater("The list is down.") for _ in range(4)]
    run_clone(job.pk, clock)
    for _ in range(4):
        clock.move(minutes=6)
        run_clone(job.pk, clock)
        waits.append(wait_of(job, clock.now))

    assert waits == [4, 8, 16, 32]
    clock.move(minutes=6)
    provider.on_fetch = [errors.TryLater("The list is down.")]
    run_clone(job.pk, clock)
    assert (wait_of(job, clock.now), job.failure_count) == (2, 1)


@pytest.mark.parametrize("step", [Step.PLANNED, Step.UNKNOWN, Step.CONFIRMED])
def test_waiting_clones_go_on_within_seconds_after_a_check_of_any_key(cast, stub, clock, step):
    job = waiting(cast, step=step)
    other = factories.make_account(cast.borealis)
    key = factories.make_credential(cast.sam, other)

    check_credential(key.pk, clock)

    assert wait_of(job, clock.now) <= 0
    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == [job.pk]


def test_they_go_on_after_a_sync_and_after_another_job(cast, sync, provider, clock):
    job = waiting(cast, not_before=factories.NOW + timedelta(minutes=17))

    assert sync().error == ""
    assert wait_of(job, clock.now) <= 0

    again = waiting(cast, not_before=clock.now + timedelta(seconds=156))
    done = factories.make_job(cast.ana, cast.credential, created_at=clock.now, step="unknown")
    provider.make(done.marker)
    run_clone(done.pk, clock)
    assert wait_of(again, clock.now) <= 1


def test_deletions_and_texts_go_on_too(cast, stub, clock):
    voice = factories.make_clone(cast.account, "Ada", remote_id="r-ada")
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_by=cast.ana)
    values = {**LONG, "not_before": factories.NOW + timedelta(seconds=156)}
    line = factories.make_line(plan, voice, credential=cast.credential, **values)
    speech = factories.make_speech(cast.mia, voice, **values)

    end_waits("elevenlabs", clock.now)

    assert (wait_of(line, clock.now), wait_of(speech, clock.now)) == (0, 1)


def test_each_kind_of_work_notes_what_it_waits_for(cast, stub, clock):
    voice = factories.make_clone(cast.account, "Ada", remote_id="r-ada")
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_by=cast.ana)
    line = factories.make_line(plan, voice, state="queued", credential=cast.credential)
    speech = factories.make_speech(cast.mia, voice)
    stub.fails["delete"] = [errors.TryLater("No answer.")]
    stub.fails["speak"] = [errors.TryLater("No answer.")]

    run_deletion(line.pk, clock)
    run_speech(speech.pk, clock)

    for model in (PlannedDeletion, Synthesis):
        row = model.objects.get()
        assert (row.waits_for_answer, row.failure_count) == (True, 1)
        assert wait_of(row, clock.now) == 2


def test_other_providers_do_not_go_on(cast, clock):
    job = waiting(cast)

    assert end_waits("noiz", clock.now) == 0
    assert wait_of(job, clock.now) == 156


@pytest.mark.parametrize(
    "failure",
    [
        errors.TryLater("Slow down.", retry_after=600, status=429),
        errors.CredentialRejected("Wrong key."),
    ],
)
def test_a_wait_that_was_asked_for_or_is_for_a_key_is_not_cut_short(job, provider, clock, failure):
    provider.on_clone = [failure]
    run_clone(job.pk, clock)
    job.refresh_from_db()
    before = job.not_before

    assert end_waits("elevenlabs", clock.now) == 0
    job.refresh_from_db()
    assert job.not_before == before


def test_jobs_of_one_account_do_not_all_come_back_at_the_same_moment(cast, clock):
    jobs = [waiting(cast) for _ in range(4)]

    assert end_waits("elevenlabs", clock.now) == 4
    assert [wait_of(job, clock.now) for job in jobs] == [0, 1, 2, 3]


def test_what_keeps_failing_alone_still_waits_a_part_of_its_time(cast, clock):
    job = waiting(cast, not_before=factories.NOW + timedelta(seconds=256))

    end_waits("elevenlabs", clock.now)

    assert wait_of(job, clock.now) == 16


def test_work_that_a_worker_holds_is_left_alone(cast, clock):
    job = waiting(cast, not_before=None)
    claim_work(CloneJob, job.pk, states=("waiting",), running="running", clock=clock)
    CloneJob.objects.update(not_before=clock.now + timedelta(minutes=2))

    assert end_waits("elevenlabs", clock.now) == 0


def test_one_job_at_a_time_finds_out_whether_a_silent_provider_answers(cast, clock):
    first, second = waiting(cast), waiting(cast)
    CloneJob.objects.filter(pk=second.pk).update(not_before=factories.NOW + timedelta(seconds=236))

    assert probe_providers(clock.now) == 1
    assert (wait_of(first, clock.now), wait_of(second, clock.now)) == (0, 236)


def test_a_provider_that_failed_just_now_is_not_asked_again_at_once(cast, clock):
    waiting(cast)
    waiting(cast, not_before=factories.NOW + timedelta(seconds=250))

    assert probe_providers(clock.now) == 0


def test_a_clone_that_may_be_restored_and_cannot_be_looked_for_asks_a_person(
    job, provider, clock, monkeypatch
):
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])
    provider.on_look = [errors.PermissionMissing("The key lacks voices_read.")]

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, provider.created) == (State.NEEDS_LOOK, 0)
    assert "lacks voices_read" in job.message


def test_a_restored_clone_waits_for_a_good_key_before_it_is_looked_for(
    cast, job, provider, clock, monkeypatch
):
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])
    provider.make(job.marker)
    provider.on_look = [errors.CredentialRejected("Wrong key.")]

    run_clone(job.pk, clock)
    clock.move(minutes=2)
    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, provider.look_count) == (State.WAITING, 1)
    assert "Replace it" in job.message
    type(cast.credential).objects.update(health="good")
    clock.move(minutes=2)
    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert (job.state, provider.created) == (State.READY, 1)


def test_a_provider_without_an_end_of_its_silence_leaves_a_restored_clone_to_a_person(
    job, provider, clock, monkeypatch
):
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])
    provider.on_look = [errors.TryLater("The list is down.") for _ in range(9)]
    run_clone(job.pk, clock)
    clock.move(hours=25)

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, provider.created) == (State.NEEDS_LOOK, 0)
