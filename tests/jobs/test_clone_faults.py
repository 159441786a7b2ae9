"""Every call by which an adapter makes a voice, with every fault, and a worker that dies there.

For each wish one voice is made and paid for, it is the one in the job, and the job ends.
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
    WRITTEN,
    Spot,
)

SPOTS = [
    *(Spot(slug, "create", "POST") for slug in ("elevenlabs", "inworld", "noiz", "telnyx")),
    Spot("stepfun", "upload", "POST"),
    Spot("stepfun", "create", "POST", after=1),
]
DEATHS = [NEVER, BEFORE, BODY_SENT, OVER, CONFIRMED, WRITTEN]
PATIENCE, SLOWNESS = 0.15, 0.2


def test_no_fault_of_the_sandbox_is_left_out():
    # A clear refusal ends a job; tests/jobs/test_refusals.py has those.
    clear = {FaultKind.REFUSE, FaultKind.TEXT_BEFORE}
    assert {*QUICK, *SLOW, *clear} == set(FaultKind)


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{spot.provider}-{spot.name}")
def test_a_fault_while_a_voice_is_made_and_a_death_there_make_it_once(stage, crash, spot):
    deaths = [*DEATHS, KEPT] if spot.name == "upload" else DEATHS
    for kind, point in itertools.product(QUICK, deaths):
        job = stage.wish(spot.provider)
        stage.spoil(spot, kind)
        crash.at(point, spot)

        stage.run_to_end(job)

        stage.demand_one_voice(job, f"{kind} and death: {point}")


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{spot.provider}-{spot.name}")
def test_a_voice_that_is_made_while_nobody_waits_any_more_is_made_once(
    stage, crash, monkeypatch, spot
):
    monkeypatch.setattr(base, "_TIME_TO_CREATE", PATIENCE)
    for kind, point in itertools.product(SLOW, (NEVER, BODY_SENT)):
        job = stage.wish(spot.provider)
        # A drip gives a byte at a time: a short one is over in time, as it may be.
        stage.spoil(spot, kind, seconds=0.02 if kind is FaultKind.DRIP else SLOWNESS)
        crash.at(point, spot)

        stage.run_to_end(job, pause=SLOWNESS + 0.05)

        stage.demand_one_voice(job, f"{kind} and death: {point}")
