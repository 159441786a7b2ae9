"""Every step of every adapter's clone, with every fault, and with a worker that dies there.

For each wish one voice is made and paid for, it is the one in the job, and the job ends.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from catalog.jobs import clones, turns
from catalog.jobs.clones import run_clone
from catalog.models import CloneJob, Voice
from catalog.providers import base
from catalog.providers.connections import watch_body
from catalog.sandbox.faults import Fault, FaultKind
from tests import factories
from tests.conftest import Clock, make_wav

State, Step = CloneJob.State, CloneJob.Step

QUICK = [
    FaultKind.DROP_BEFORE,
    FaultKind.DROP_AFTER,
    FaultKind.RATE_LIMIT,
    FaultKind.ERROR_BEFORE,
    FaultKind.ERROR_AFTER,
    FaultKind.GATEWAY_BEFORE,
    FaultKind.GATEWAY_AFTER,
    FaultKind.CUT_JSON,
    FaultKind.CUT_BODY,
    FaultKind.HTML,
    FaultKind.NO_ID,
]
# What takes real time is met once, with the adapters' patience cut short.
SLOW = [FaultKind.LATE, FaultKind.SLOW_BEFORE, FaultKind.SLOW_AFTER, FaultKind.DRIP]
PATIENCE, SLOWNESS = 0.15, 0.2
CRASHES = ["never", "before the call", "body sent", "answer read", "confirmed", "voice written"]


class Spot(NamedTuple):
    """One call on the way of a clone; ``after`` calls of its method are let through first."""

    provider: str
    name: str
    method: str
    after: int = 0


CREATING = [
    *(Spot(slug, "create", "POST") for slug in ("elevenlabs", "inworld", "noiz", "telnyx")),
    Spot("stepfun", "upload", "POST"),
    Spot("stepfun", "create", "POST", after=1),
]
PROVIDERS = sorted({spot.provider for spot in CREATING})


class WorkerDied(BaseException):
    """What a worker does not live to handle."""


class Crash:
    """A worker's death at one point, once; whatever it had claimed stays claimed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.point = "never"
        self._wrap(monkeypatch, base.Provider, "_exchange", "before the call", "answer read")
        self._wrap(monkeypatch, turns.CloneTurn, "_write_durably", "", "confirmed")
        monkeypatch.setattr(clones, "write_voices", self._dying(clones.write_voices))
        monkeypatch.setattr(base, "watch_body", self._watch)

    def _wrap(self, patch: pytest.MonkeyPatch, owner: Any, name: str, *points: str) -> None:
        work = getattr(owner, name)

        def wrapped(*args: Any, **values: Any) -> Any:
            self._die_at(points[0])
            result = work(*args, **values)
            if points[1] != "confirmed" or values.get("step") == Step.CONFIRMED:
                self._die_at(points[1])
            return result

        patch.setattr(owner, name, wrapped)

    def _dying(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            result = work(*args)
            self._die_at("voice written")
            return result

        return wrapped

    def _watch(self, request: Any, told: Any) -> None:
        watch_body(request, (lambda: self._die_at("body sent")) if told else None)

    def _die_at(self, point: str) -> None:
        if point and point == self.point:
            self.point = "never"
            raise WorkerDied


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Crash:
    return Crash(monkeypatch)


class Stage:
    """A sandbox with an account of its own for each wish."""

    def __init__(self, cast: Any, sandbox: Any, sample: Any) -> None:
        self.cast, self.sandbox, self.sample = cast, sandbox, sample

    def wish(self, slug: str) -> CloneJob:
        """Return a wish at a provider that knows nothing yet."""
        self.sandbox.reset()
        account = factories.make_account(self.cast.aurora, provider=slug)
        key = factories.make_credential(self.cast.ana, account, f"sandbox-{slug}-full")
        return factories.make_job(self.cast.ana, key, self.sample, language="en", gender="female")

    def held(self, slug: str) -> dict[str, Any]:
        """Return what the provider holds, and what it was made to do."""
        found: dict[str, Any] = self.sandbox._providers[slug].state()["accounts"]["full"]
        return found

    def let_it_finish(self) -> None:
        """Give the provider the time, over which the clock jumps, for what a dead worker sent."""
        # Who connected before is in its books as soon as it answers somebody who came later.
        httpx.get(self.sandbox.address)
        while not self.sandbox.is_idle:
            time.sleep(0.005)

    def demand_one_voice(self, job: CloneJob, what: str) -> None:
        held = self.held(job.account.provider)
        assert job.state == State.READY, f"{what}: {job.state}, {job.message}, {job.evidence}"
        assert held["creates"] == 1, f"{what}: made {held['creates']} times"
        assert held["deletes"] == 0, what
        assert Voice.objects.get(account=job.account).remote_id == job.remote_id, what
        assert any(voice["id"] in job.remote_id for voice in held["own_voices"]), what

    def spoil(self, spot: Spot, kind: FaultKind, **values: Any) -> None:
        self.sandbox.faults.add(
            Fault(kind, spot.provider, method=spot.method, after=spot.after, **values)
        )


@pytest.fixture
def stage(cast: Any, sandbox_server: Any, settings: Any, wav: bytes) -> Iterator[Stage]:
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    settings.SETTLE_SECONDS = 4
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(8))
    type(sample).objects.filter(pk=sample.pk).update(seconds=8.0)
    yield Stage(cast, sandbox_server, sample)
    sandbox_server.faults.clear()


def run_to_end(job: CloneJob, clock: Clock, stage: Stage, pause: float = 0) -> None:
    """Play the sweep, with as many workers as die on the way."""
    for _ in range(80):
        try:
            run_clone(job.pk, clock)
        except WorkerDied:
            stage.let_it_finish()
        time.sleep(pause)
        job.refresh_from_db()
        if job.is_finished:
            return
        later = [moment for moment in (job.not_before, job.lease_until) if moment]
        clock.now = max([clock.now, *later]) + timedelta(seconds=1)
    raise AssertionError(f"The job did not end: {job.state}, {job.step}, {job.message}")


@pytest.mark.parametrize("spot", CREATING, ids=lambda spot: f"{spot.provider}-{spot.name}")
def test_a_fault_while_a_voice_is_made_and_a_death_there_make_it_once(stage, crash, clock, spot):
    for kind, point in itertools.product(QUICK, CRASHES):
        job = stage.wish(spot.provider)
        stage.spoil(spot, kind)
        crash.point = point

        run_to_end(job, clock, stage)

        stage.demand_one_voice(job, f"{kind} and death: {point}")
        crash.point = "never"


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_fault_while_it_is_looked_for_or_fetched_makes_no_second_voice(stage, crash, clock, slug):
    create = next(spot for spot in CREATING if (spot.provider, spot.name) == (slug, "create"))
    for kind, is_lost in itertools.product(QUICK, (True, False)):
        job = stage.wish(slug)
        if is_lost:
            stage.spoil(create, FaultKind.DROP_AFTER)
        stage.spoil(Spot(slug, "look", "GET"), kind)

        run_to_end(job, clock, stage)

        stage.demand_one_voice(job, f"{kind}, answer lost: {is_lost}")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_lists_that_hide_the_voice_make_no_second_one(stage, crash, clock, slug):
    job = stage.wish(slug)
    stage.spoil(Spot(slug, "create", "POST", after=slug == "stepfun"), FaultKind.DROP_AFTER)
    stage.spoil(Spot(slug, "look", "GET"), FaultKind.NO_ID, times=8)

    run_to_end(job, clock, stage)

    stage.demand_one_voice(job, "lists without ids")


@pytest.mark.parametrize("spot", CREATING, ids=lambda spot: f"{spot.provider}-{spot.name}")
def test_a_voice_that_is_made_while_nobody_waits_any_more_is_made_once(
    stage, crash, clock, monkeypatch, spot
):
    monkeypatch.setattr(base, "_TIME_TO_CREATE", PATIENCE)
    for kind in SLOW:
        job = stage.wish(spot.provider)
        # A drip gives a byte at a time: a short one is over in time, as it may be.
        stage.spoil(spot, kind, seconds=0.02 if kind is FaultKind.DRIP else SLOWNESS)

        run_to_end(job, clock, stage, pause=SLOWNESS + 0.05)

        stage.demand_one_voice(job, str(kind))
