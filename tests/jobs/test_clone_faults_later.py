"""Every call after a voice was made, with every fault, and a worker that dies there.

Looking for a voice whose answer got lost, fetching it, asking until it is ready, and removing it
when the job is cancelled: there is one voice at the end, or none if nobody wants it.
"""

import dataclasses
import itertools

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
    QUICK,
    SLOW,
    WRITTEN,
    Crash,
    Spot,
    Stage,
)

PROVIDERS = ["elevenlabs", "inworld", "noiz", "stepfun", "telnyx"]
DELETING = [slug for slug in PROVIDERS if slug != "stepfun"]
AROUND = [NEVER, BEFORE, OVER]
PATIENCE, SLOWNESS = 0.5, 0.6


def lose_answer(stage: Stage, slug: str) -> None:
    """Let the provider make the voice but lose the response."""
    create = Spot(slug, "create", "POST", after=slug == "stepfun")
    stage.spoil(create, FaultKind.DROP_AFTER)


def first_get(slug: str, name: str) -> Spot:
    """Return the first call that reads after a voice was asked for; slots are read before."""
    return Spot(slug, name, "GET", after=int(get_adapter(slug).info.has_slots))


def cancel(stage: Stage, job: CloneJob) -> None:
    """Ask for what the button asks for once something was sent."""
    CloneJob.objects.filter(pk=job.pk).update(cancel_asked_at=stage.clock.now, not_before=None)


def make_and_cancel(stage: Stage, crash: Crash, slug: str) -> tuple[CloneJob, int]:
    """Return a job whose voice is made and not wanted, and how many voices there were before."""
    job = stage.wish(slug)
    crash.at(CONFIRMED)
    stage.run(job)
    cancel(stage, job)
    return job, len(stage.held(slug)["own_voices"]) - 1


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_fault_while_it_is_looked_for_and_a_death_there_make_no_second_voice(stage, crash, slug):
    look = first_get(slug, "look")
    for kind, point in itertools.product(QUICK, [*AROUND, CONFIRMED, WRITTEN]):
        job = stage.wish(slug)
        lose_answer(stage, slug)
        stage.spoil(look, kind)
        crash.at(point, look)

        stage.run_to_end(job)

        stage.demand_one_voice(job, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_fault_while_it_is_fetched_and_a_death_there_make_no_second_voice(stage, crash, slug):
    fetch = first_get(slug, "fetch")
    for kind, point in itertools.product(QUICK, [*AROUND, WRITTEN]):
        job = stage.wish(slug)
        stage.spoil(fetch, kind)
        crash.at(point, fetch)

        stage.run_to_end(job)

        stage.demand_one_voice(job, f"{kind} and death: {point}")


def test_a_fault_while_a_voice_is_asked_for_until_it_is_ready_makes_no_second_one(
    stage, crash, monkeypatch
):
    # The model for which Telnyx answers 202, at a provider that lives by our clock.
    monkeypatch.setattr(telnyx.Adapter, "clone_model", "Ultra")
    provider = stage.sandbox._providers["telnyx"]
    backstage = dataclasses.replace(provider.backstage, clock=lambda: stage.clock.now.timestamp())
    monkeypatch.setattr(provider, "backstage", backstage)
    poll = Spot("telnyx", "poll", "GET", after=1)
    for kind, point in itertools.product(QUICK, [*AROUND, WRITTEN]):
        job = stage.wish("telnyx")
        stage.spoil(poll, kind)
        crash.at(point, poll)
        stage.run(job)
        assert not job.is_finished

        stage.run_to_end(job)

        stage.demand_one_voice(job, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_lists_that_hide_the_voice_make_no_second_one(stage, slug):
    job = stage.wish(slug)
    lose_answer(stage, slug)
    stage.spoil(first_get(slug, "look"), FaultKind.NO_ID, times=8)

    stage.run_to_end(job)

    stage.demand_one_voice(job, "lists without ids")


@pytest.mark.parametrize("slug", DELETING)
def test_a_fault_while_a_cancelled_voice_is_removed_and_a_death_there_leave_none(
    stage, crash, slug
):
    delete = Spot(slug, "delete", "DELETE")
    for kind, point in itertools.product(QUICK, [*AROUND, GONE]):
        job, before = make_and_cancel(stage, crash, slug)
        stage.spoil(delete, kind)
        crash.at(point, delete)

        stage.run_to_end(job)

        stage.demand_none_left(job, before, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_fault_while_a_cancelled_voice_is_looked_for_and_a_death_there_leave_none(
    stage, crash, slug
):
    look = Spot(slug, "look", "GET")
    for kind, point in itertools.product(QUICK, AROUND):
        job = stage.wish(slug)
        lose_answer(stage, slug)
        stage.run(job)
        cancel(stage, job)
        before = len(stage.held(slug)["own_voices"]) - 1
        stage.spoil(look, kind)
        crash.at(point, look)

        stage.run_to_end(job)

        stage.demand_none_left(job, before, f"{kind} and death: {point}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_an_answer_that_takes_too_long_is_asked_for_again(stage, crash, monkeypatch, slug):
    monkeypatch.setattr(base, "_TIME_TO_ASK", PATIENCE)
    for kind in SLOW:
        seconds = 0.02 if kind is FaultKind.DRIP else SLOWNESS
        job = stage.wish(slug)
        lose_answer(stage, slug)
        stage.spoil(first_get(slug, "look"), kind, seconds=seconds)
        stage.run_to_end(job)
        stage.demand_one_voice(job, f"{kind} while it is looked for")
        if slug in DELETING:
            job, before = make_and_cancel(stage, crash, slug)
            stage.spoil(Spot(slug, "delete", "DELETE"), kind, seconds=seconds)
            stage.run_to_end(job)
            stage.demand_none_left(job, before, f"{kind} while it is removed")
