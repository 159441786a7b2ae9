"""Each call after a voice was made, with each fault and each place where a worker can die.

The calls look for a voice whose answer was lost, fetch it, poll until it is ready, and delete it
if the job is canceled. In the end there is one voice, or none if the job was canceled.
"""

import dataclasses

import pytest

from catalog.models import CloneJob
from catalog.providers import base
from catalog.providers.adapters import telnyx
from catalog.providers.registry import get_adapter
from catalog.sandbox.faults import FaultKind
from tests.jobs.staging import (
    BEFORE,
    CONFIRMED,
    GONE,
    NEVER,
    OVER,
    SLOW,
    WITH_ALL_PAIRS,
    WRITTEN,
    Crash,
    Spot,
    Stage,
    pair,
)

PROVIDERS = ["elevenlabs", "inworld", "noiz", "stepfun", "telnyx"]
DELETING = [slug for slug in PROVIDERS if slug != "stepfun"]
AROUND = [NEVER, BEFORE, OVER]
PATIENCE, SLOWNESS = 0.5, 0.6


def lose_answer(stage: Stage, slug: str) -> None:
    """Let the provider make the voice but lose the response."""
    create = Spot(slug, "create", "POST", after=slug == "stepfun")
    stage.break_call(create, FaultKind.DROP_AFTER)


def first_get(slug: str, name: str) -> Spot:
    """Return the first GET after the voice was requested. Slots are read before that."""
    return Spot(slug, name, "GET", after=int(get_adapter(slug).info.has_slots))


def cancel(stage: Stage, job: CloneJob) -> None:
    """Request cancellation, as the button does once the clone was sent."""
    CloneJob.objects.filter(pk=job.pk).update(cancel_asked_at=stage.clock.now, not_before=None)


def make_and_cancel(stage: Stage, crash: Crash, slug: str) -> tuple[CloneJob, int]:
    """Return a canceled job whose voice exists, and how many voices there were before."""
    job = stage.new_job(slug)
    crash.at(CONFIRMED)
    stage.run(job)
    cancel(stage, job)
    return job, len(stage.account_state(slug)["own_voices"]) - 1


@pytest.mark.parametrize("slug", PROVIDERS)
def test_fault_and_worker_death_during_the_lookup_make_no_second_voice(stage, crash, slug):
    look = first_get(slug, "look")
    for kind, point in pair([*AROUND, CONFIRMED, WRITTEN], has_all=slug == WITH_ALL_PAIRS):
        job = stage.new_job(slug)
        lose_answer(stage, slug)
        stage.break_call(look, kind)
        crash.at(point, look)

        stage.run_to_end(job)

        stage.assert_one_voice(job, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_fault_and_worker_death_during_the_fetch_make_no_second_voice(stage, crash, slug):
    fetch = first_get(slug, "fetch")
    for kind, point in pair([*AROUND, WRITTEN], has_all=slug == WITH_ALL_PAIRS):
        job = stage.new_job(slug)
        stage.break_call(fetch, kind)
        crash.at(point, fetch)

        stage.run_to_end(job)

        stage.assert_one_voice(job, f"{kind} and death: {point}")


def test_fault_and_worker_death_while_polling_make_no_second_voice(stage, crash, monkeypatch):
    # Telnyx answers 202 for this model. The sandbox uses the test's clock.
    monkeypatch.setattr(telnyx.Adapter, "clone_model", "Ultra")
    provider = stage.sandbox._providers["telnyx"]
    backstage = dataclasses.replace(provider.backstage, clock=lambda: stage.clock.now.timestamp())
    monkeypatch.setattr(provider, "backstage", backstage)
    poll = Spot("telnyx", "poll", "GET", after=1)
    for kind, point in pair([*AROUND, WRITTEN], has_all=True):
        job = stage.new_job("telnyx")
        stage.break_call(poll, kind)
        crash.at(point, poll)
        stage.run(job)
        assert not job.is_finished

        stage.run_to_end(job)

        stage.assert_one_voice(job, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_lists_without_the_voice_make_no_second_voice(stage, slug):
    job = stage.new_job(slug)
    lose_answer(stage, slug)
    stage.break_call(first_get(slug, "look"), FaultKind.NO_ID, times=8)

    stage.run_to_end(job)

    stage.assert_one_voice(job, "lists without ids")


@pytest.mark.parametrize("slug", DELETING)
def test_fault_and_worker_death_while_deleting_a_canceled_voice_leave_none(stage, crash, slug):
    delete = Spot(slug, "delete", "DELETE")
    for kind, point in pair([*AROUND, GONE], has_all=slug == WITH_ALL_PAIRS):
        job, before = make_and_cancel(stage, crash, slug)
        stage.break_call(delete, kind)
        crash.at(point, delete)

        stage.run_to_end(job)

        stage.assert_none_left(job, before, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_fault_and_worker_death_while_finding_a_canceled_voice_leave_none(stage, crash, slug):
    look = Spot(slug, "look", "GET")
    for kind, point in pair(AROUND, has_all=slug == WITH_ALL_PAIRS):
        job = stage.new_job(slug)
        lose_answer(stage, slug)
        stage.run(job)
        cancel(stage, job)
        before = len(stage.account_state(slug)["own_voices"]) - 1
        stage.break_call(look, kind)
        crash.at(point, look)

        stage.run_to_end(job)

        stage.assert_none_left(job, before, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_call_that_times_out_is_retried(stage, crash, monkeypatch, slug):
    monkeypatch.setattr(base, "_TIME_TO_ASK", PATIENCE)
    for kind in SLOW:
        seconds = 0.02 if kind is FaultKind.DRIP else SLOWNESS
        job = stage.new_job(slug)
        lose_answer(stage, slug)
        stage.break_call(first_get(slug, "look"), kind, seconds=seconds)
        stage.run_to_end(job)
        stage.assert_one_voice(job, f"{kind} while it is looked for")
        if slug in DELETING:
            job, before = make_and_cancel(stage, crash, slug)
            stage.break_call(Spot(slug, "delete", "DELETE"), kind, seconds=seconds)
            stage.run_to_end(job)
            stage.assert_none_left(job, before, f"{kind} while it is removed")
