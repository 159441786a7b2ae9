"""Helpers that clone at the sandbox while calls fail and workers die."""

import itertools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from catalog.jobs.clones import run as clones
from catalog.jobs.clones import steps
from catalog.jobs.clones.cancel import CancelStep
from catalog.jobs.clones.run import run_clone
from catalog.models import Charge, CloneJob, Voice
from catalog.providers import base
from catalog.providers.connections import watch_body
from catalog.sandbox.bills import read_bill
from catalog.sandbox.faults import Fault, FaultKind
from tests import factories
from tests.conftest import Clock

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
    FaultKind.CHANGE_JSON,
]
# Faults that take real time; the tests shorten the adapters' timeouts.
SLOW = [FaultKind.LATE, FaultKind.SLOW_BEFORE, FaultKind.SLOW_AFTER, FaultKind.DRIP]
# The call is lost before or after the provider has done its work.
_LOST = {FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER}
# For each provider, the wrong type instead of an ID or a list.
_ID_FIELDS = ("id", "voice_id", "voiceId", "voice", "voices", "data")
NONSENSE = {name: {"no": "id"} for name in _ID_FIELDS}

WITH_ALL_PAIRS = "elevenlabs"

# Where a worker dies: around one call, or just after it wrote something.
NEVER, BEFORE, BODY_SENT, OVER = "never", "before the call", "body sent", "call over"
KEPT, CONFIRMED, WRITTEN, GONE = "file kept", "confirmed", "voice written", "noted as gone"


class Spot(NamedTuple):
    """One call while cloning. ``after`` calls of the same method succeed first."""

    provider: str
    name: str
    method: str
    after: int = 0


def pair(deaths: list[str], *, has_all: bool) -> list[tuple[FaultKind, str]]:
    """Return faults with deaths: each fault without a death, and each death with a lost call.

    What a response means is up to the adapter, and a death is up to the jobs, which are the same
    for all providers. A worker that dies hasn't used the response, so it only matters whether the
    provider has done its work. One provider has all pairs.
    """
    return [
        (kind, point)
        for kind, point in itertools.product(QUICK, deaths)
        if has_all or point == NEVER or kind in _LOST
    ]


class WorkerDied(BaseException):
    """The death of a worker. No handler catches it."""


class Crash:
    """Kills one worker at one point, once. Its leases remain."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._point, self._method, self._after, self._is_here = NEVER, "", 0, False
        exchange, write = base.Provider._exchange, steps.CloneStep._write_durably

        def dying_exchange(provider: Any, method: str, *rest: Any) -> Any:
            self._is_here = self._reach(method)
            self._die_at(BEFORE, is_here=self._is_here)
            try:
                return exchange(provider, method, *rest)
            finally:
                self._die_at(OVER, is_here=self._is_here)

        def dying_write(turn: Any, **values: Any) -> None:
            write(turn, **values)
            self._die_at(KEPT, is_here="progress" in values)
            self._die_at(CONFIRMED, is_here=values.get("step") == Step.CONFIRMED)

        def dying_watch(request: Any, on_sent: Any) -> None:
            is_here = self._is_here

            def die() -> None:
                self._die_at(BODY_SENT, is_here=is_here)

            watch_body(request, die if on_sent else None)

        monkeypatch.setattr(base.Provider, "_exchange", dying_exchange)
        monkeypatch.setattr(base, "watch_body", dying_watch)
        monkeypatch.setattr(steps.CloneStep, "_write_durably", dying_write)
        self._die_behind(monkeypatch, clones, "write_voices", WRITTEN)
        self._die_behind(monkeypatch, CancelStep, "_keep_tombstone", GONE)

    def at(self, point: str, spot: Spot | None = None) -> None:
        """Kill the next worker at ``point``, at the call ``spot`` if the point is around a call."""
        self._point = point
        self._method, self._after = (spot.method, spot.after) if spot else ("", 0)

    def _reach(self, method: str) -> bool:
        if method != self._method:
            return False
        self._after -= 1
        return self._after < 0

    def _die_behind(self, patch: pytest.MonkeyPatch, owner: Any, name: str, point: str) -> None:
        work: Callable[..., Any] = getattr(owner, name)

        def wrapped(*args: Any, **more: Any) -> Any:
            result = work(*args, **more)
            self._die_at(point, is_here=True)
            return result

        patch.setattr(owner, name, wrapped)

    def _die_at(self, point: str, *, is_here: bool) -> None:
        if is_here and point == self._point:
            self._point = NEVER
            raise WorkerDied


class Stage:
    """A sandbox where each new job gets its own account."""

    def __init__(self, cast: Any, sandbox: Any, sample: Any, clock: Clock) -> None:
        self.cast, self.sandbox, self.sample, self.clock = cast, sandbox, sample, clock

    def new_job(self, slug: str) -> CloneJob:
        """Return a new clone job at a provider that has no voices yet."""
        self.sandbox.reset()
        account = factories.make_account(self.cast.aurora, provider=slug)
        key = factories.make_credential(self.cast.ana, account, f"sandbox-{slug}-full")
        return factories.make_job(self.cast.ana, key, self.sample, language="en", gender="female")

    def break_call(self, spot: Spot, kind: FaultKind, **values: Any) -> None:
        """Make the call at ``spot`` fail once."""
        if kind is FaultKind.CHANGE_JSON:
            values["values"] = NONSENSE
        fault = Fault(kind, spot.provider, method=spot.method, after=spot.after, **values)
        self.sandbox.faults.add(fault)

    def account_state(self, slug: str) -> dict[str, Any]:
        """Return the account's voices at the provider, and how many were created and deleted."""
        found: dict[str, Any] = self.sandbox._providers[slug].state()["accounts"]["full"]
        return found

    def run(self, job: CloneJob) -> None:
        """Run the job with one worker, which can die."""
        try:
            run_clone(job.pk, self.clock)
        except WorkerDied:
            self._wait_for_sandbox()
        job.refresh_from_db()

    def run_to_end(self, job: CloneJob, pause: float = 0) -> None:
        """Run the job whenever it is due until it finishes, with a new worker after each death."""
        for _ in range(80):
            self.run(job)
            time.sleep(pause)
            if job.is_finished:
                return
            later = [moment for moment in (job.not_before, job.lease_until) if moment]
            self.clock.now = max([self.clock.now, *later]) + timedelta(seconds=1)
        raise AssertionError(f"The job did not end: {job.state}, {job.step}, {job.message}")

    def _wait_for_sandbox(self) -> None:
        """Wait until the provider has finished what a dead worker sent."""
        # The server has accepted earlier connections once it responds to a later one.
        httpx.get(self.sandbox.address)
        while not self.sandbox.is_idle:
            time.sleep(0.005)

    def assert_one_voice(self, job: CloneJob, what: str) -> None:
        """Check that one voice was made and paid for, and that the job has it."""
        account_state = self.account_state(job.account.provider)
        assert job.state == State.READY, f"{what}: {job.state}, {job.message}, {job.evidence}"
        assert account_state["creates"] == 1, f"{what}: made {account_state['creates']} times"
        assert account_state["deletes"] == 0, what
        self._assert_charged_once(job, what)
        assert Voice.objects.get(account=job.account).remote_id == job.remote_id, what
        assert any(voice["id"] in job.remote_id for voice in account_state["own_voices"]), what

    def _assert_charged_once(self, job: CloneJob, what: str) -> None:
        states = [charge.state for charge in Charge.objects.filter(work=job.pk)]
        bill = read_bill(self.sandbox._store, f"{job.account.provider}/full")
        assert states.count(Charge.State.CHARGED) == bill["voices"] == 1, f"{what}: {states}"
        assert set(states) <= {Charge.State.CHARGED, Charge.State.NOT_CHARGED}, f"{what}: {states}"

    def assert_none_left(self, job: CloneJob, before: int, what: str) -> None:
        """Check that the job was canceled, and that its voice was deleted if possible."""
        account_state = self.account_state(job.account.provider)
        stays = not job.account.info.can_delete
        assert job.state == State.CANCELLED, f"{what}: {job.state}, {job.message}, {job.evidence}"
        assert account_state["creates"] == 1, f"{what}: made {account_state['creates']} times"
        assert len(account_state["own_voices"]) == before + stays, what
        assert stays is ("can't delete it" in job.message), what
        assert not Voice.objects.filter(account=job.account, remote_deleted_at=None).exists(), what
