"""Backoff counts consecutive failures, and ends once the provider answers any call."""

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


def make_waiting(cast: SimpleNamespace, **values: Any) -> CloneJob:
    """Return a job that failed 100 seconds ago and is due in 156."""
    until = factories.NOW + timedelta(seconds=156)
    values = {**LONG, "not_before": until, **values}
    return factories.make_job(cast.ana, cast.credential, **values)


def seconds_left(row: Any, now: datetime) -> float:
    row.refresh_from_db()
    return (row.not_before - now).total_seconds()


def test_failures_before_the_last_answer_do_not_lengthen_the_wait(job, provider, clock):
    evidence = [{"at": clock.now.isoformat(), "said": "No.", "status": 500, "request_id": ""}]
    CloneJob.objects.filter(pk=job.pk).update(evidence=evidence * 15)
    provider.on_clone = [errors.TryLater("It can't be reached.")]

    run_clone(job.pk, clock)

    assert seconds_left(job, clock.now) == 2
    assert (job.failure_count, len(job.evidence)) == (1, 16)


def test_wait_doubles_with_each_failure_and_resets_after_an_answer(job, provider, clock):
    waits = []
    provider.on_clone = [errors.OutcomeUnknown("It broke.")]
    provider.on_look = [errors.TryLater("The list is down.") for _ in range(4)]
    run_clone(job.pk, clock)
    for _ in range(4):
        clock.move(minutes=6)
        run_clone(job.pk, clock)
        waits.append(seconds_left(job, clock.now))

    assert waits == [4, 8, 16, 32]
    clock.move(minutes=6)
    provider.on_fetch = [errors.TryLater("The list is down.")]
    run_clone(job.pk, clock)
    assert (seconds_left(job, clock.now), job.failure_count) == (2, 1)


@pytest.mark.parametrize("step", [Step.PLANNED, Step.UNKNOWN, Step.CONFIRMED])
def test_successful_key_check_wakes_waiting_clones_within_seconds(cast, stub, clock, step):
    job = make_waiting(cast, step=step)
    other = factories.make_account(cast.borealis)
    key = factories.make_credential(cast.sam, other)

    check_credential(key.pk, clock)

    assert seconds_left(job, clock.now) <= 0
    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == [job.pk]


def test_successful_sync_or_clone_wakes_waiting_clones(cast, sync, provider, clock):
    job = make_waiting(cast, not_before=factories.NOW + timedelta(minutes=17))

    assert sync().error == ""
    assert seconds_left(job, clock.now) <= 0

    again = make_waiting(cast, not_before=clock.now + timedelta(seconds=156))
    done = factories.make_job(cast.ana, cast.credential, created_at=clock.now, step="unknown")
    provider.make(done.marker)
    run_clone(done.pk, clock)
    assert seconds_left(again, clock.now) <= 1


def test_waiting_deletions_and_syntheses_are_woken_too(cast, stub, clock):
    voice = factories.make_clone(cast.account, "Ada", remote_id="r-ada")
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_by=cast.ana)
    values = {**LONG, "not_before": factories.NOW + timedelta(seconds=156)}
    line = factories.make_line(plan, voice, credential=cast.credential, **values)
    speech = factories.make_speech(cast.mia, voice, **values)

    end_waits("elevenlabs", clock.now)

    assert (seconds_left(line, clock.now), seconds_left(speech, clock.now)) == (0, 1)


def test_deletions_and_syntheses_record_that_they_wait_for_an_answer(cast, stub, clock):
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
        assert seconds_left(row, clock.now) == 2


def test_jobs_at_other_providers_keep_waiting(cast, clock):
    job = make_waiting(cast)

    assert end_waits("noiz", clock.now) == 0
    assert seconds_left(job, clock.now) == 156


@pytest.mark.parametrize(
    "failure",
    [
        errors.TryLater("Slow down.", retry_after=600, status=429),
        errors.CredentialRejected("Wrong key."),
    ],
)
def test_retry_after_and_rejected_key_waits_are_not_cut_short(job, provider, clock, failure):
    provider.on_clone = [failure]
    run_clone(job.pk, clock)
    job.refresh_from_db()
    before = job.not_before

    assert end_waits("elevenlabs", clock.now) == 0
    job.refresh_from_db()
    assert job.not_before == before


def test_jobs_of_one_account_are_woken_a_second_apart(cast, clock):
    jobs = [make_waiting(cast) for _ in range(4)]

    assert end_waits("elevenlabs", clock.now) == 4
    assert [seconds_left(job, clock.now) for job in jobs] == [0, 1, 2, 3]


def test_job_with_a_long_wait_still_waits_part_of_it(cast, clock):
    job = make_waiting(cast, not_before=factories.NOW + timedelta(seconds=256))

    end_waits("elevenlabs", clock.now)

    assert seconds_left(job, clock.now) == 16


def test_job_held_by_a_worker_is_not_changed(cast, clock):
    job = make_waiting(cast, not_before=None)
    claim_work(CloneJob, job.pk, states=("waiting",), running="running", clock=clock)
    CloneJob.objects.update(not_before=clock.now + timedelta(minutes=2))

    assert end_waits("elevenlabs", clock.now) == 0


def test_only_one_job_at_a_time_probes_a_silent_provider(cast, clock):
    first, second = make_waiting(cast), make_waiting(cast)
    CloneJob.objects.filter(pk=second.pk).update(not_before=factories.NOW + timedelta(seconds=236))

    assert probe_providers(clock.now) == 1
    assert (seconds_left(first, clock.now), seconds_left(second, clock.now)) == (0, 236)


def test_provider_that_just_failed_is_not_probed_immediately(cast, clock):
    make_waiting(cast)
    make_waiting(cast, not_before=factories.NOW + timedelta(seconds=250))

    assert probe_providers(clock.now) == 0


def test_clone_in_doubt_needs_review_if_its_key_cannot_list_voices(
    job, provider, clock, monkeypatch
):
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])
    provider.on_look = [errors.PermissionMissing("The key lacks voices_read.")]

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, provider.created) == (State.NEEDS_LOOK, 0)
    assert "lacks voices_read" in job.message


def test_clone_in_doubt_waits_for_a_working_key_before_the_lookup(
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


def test_clone_in_doubt_needs_review_if_the_list_is_down_for_a_day(
    job, provider, clock, monkeypatch
):
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])
    provider.on_look = [errors.TryLater("The list is down.") for _ in range(9)]
    run_clone(job.pk, clock)
    clock.move(hours=25)

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, provider.created) == (State.NEEDS_LOOK, 0)
