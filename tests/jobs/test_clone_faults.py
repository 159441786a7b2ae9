"""Each call that creates a voice, with each fault and each place where a worker can die.

In every case, one voice is made and paid for, the job has it, and the job ends.
"""

import itertools

import pytest

from catalog.providers import base
from catalog.sandbox.faults import FaultKind
from tests.jobs.staging import (
    BEFORE,
    BODY_SENT,
    CONFIRMED,
    KEPT,
    NEVER,
    OVER,
    QUICK,
    SLOW,
    WITH_ALL_PAIRS,
    WRITTEN,
    Spot,
    pair,
)

SPOTS = [
    *(Spot(slug, "create", "POST") for slug in ("elevenlabs", "inworld", "noiz", "telnyx")),
    Spot("stepfun", "upload", "POST"),
    Spot("stepfun", "create", "POST", after=1),
]
DEATHS = [NEVER, BEFORE, BODY_SENT, OVER, CONFIRMED, WRITTEN]
PATIENCE, SLOWNESS = 0.15, 0.2


def test_every_fault_of_the_sandbox_is_tested():
    # A clear refusal ends a job; tests/jobs/test_refusals.py has those.
    clear = {FaultKind.REFUSE, FaultKind.TEXT_BEFORE}
    assert {*QUICK, *SLOW, *clear} == set(FaultKind)


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{spot.provider}-{spot.name}")
def test_fault_and_worker_death_during_creation_make_one_voice(stage, crash, spot):
    deaths = [*DEATHS, KEPT] if spot.name == "upload" else DEATHS
    has_all = spot.provider == WITH_ALL_PAIRS or spot.name == "upload"
    for kind, point in pair(deaths, has_all=has_all):
        job = stage.new_job(spot.provider)
        stage.break_call(spot, kind)
        crash.at(point, spot)

        stage.run_to_end(job)

        stage.assert_one_voice(job, f"{kind} and death: {point}")


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{spot.provider}-{spot.name}")
def test_voice_that_is_ready_after_the_timeout_is_made_once(stage, crash, monkeypatch, spot):
    monkeypatch.setattr(base, "_TIME_TO_CREATE", PATIENCE)
    for kind, point in itertools.product(SLOW, (NEVER, BODY_SENT)):
        job = stage.new_job(spot.provider)
        # A drip sends a byte at a time: a fast one ends before the timeout, which is fine.
        stage.break_call(spot, kind, seconds=0.02 if kind is FaultKind.DRIP else SLOWNESS)
        crash.at(point, spot)

        stage.run_to_end(job, pause=SLOWNESS + 0.05)

        stage.assert_one_voice(job, f"{kind} and death: {point}")
