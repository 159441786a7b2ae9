"""One worker at a time holds a row; a worker that lost its lease can't write."""

import threading
from datetime import timedelta

import pytest

from catalog.jobs.base import leases
from catalog.jobs.base.leases import LEASE, Lease, LeaseLost, claim_work, find_due, keep_alive
from catalog.models import CloneJob
from tests import factories
from tests.threads import call_at_once

State = CloneJob.State


@pytest.fixture
def job(cast) -> CloneJob:
    return factories.make_job(cast.ana, cast.credential)


@pytest.fixture
def claim(job, clock):
    def _claim() -> Lease | None:
        return claim_work(
            CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
        )

    return _claim


def test_claimed_row_is_running_and_cannot_be_claimed_again(job, claim, clock):
    lease = claim()

    job.refresh_from_db()
    assert (job.state, job.fence, job.lease_until) == (State.RUNNING, 1, clock.now + LEASE)
    assert (lease.pk, lease.fence) == (job.pk, 1)
    assert claim() is None


def test_one_of_many_concurrent_claims_gets_the_row(file_database, job, claim):
    leases_given = call_at_once(*[claim for _ in range(8)])

    assert sum(isinstance(given, Lease) for given in leases_given) == 1
    assert sum(given is None for given in leases_given) == 7


@pytest.mark.parametrize("state", [State.READY, State.FAILED, State.NEEDS_LOOK])
def test_finished_row_cannot_be_claimed(job, claim, state):
    CloneJob.objects.update(state=state)

    assert claim() is None


def test_waiting_row_can_be_claimed_once_it_is_due(job, claim, clock):
    CloneJob.objects.update(not_before=clock.now + timedelta(seconds=10))
    assert claim() is None

    clock.move(seconds=10)

    assert claim() is not None


def test_row_whose_worker_died_can_be_claimed_after_the_lease(job, claim, clock):
    claim()
    clock.move(seconds=LEASE.total_seconds() + 1)

    assert claim().fence == 2


def test_worker_that_lost_its_lease_cannot_write_extend_or_release(job, claim, clock):
    frozen = claim()
    clock.move(seconds=LEASE.total_seconds() + 1)
    claim()

    assert not frozen.extend()
    with pytest.raises(LeaseLost):
        frozen.write(message="I am still here.")
    with pytest.raises(LeaseLost):
        frozen.release(state=State.WAITING)

    job.refresh_from_db()
    assert (job.message, job.fence) == ("", 2)


def test_released_row_can_be_claimed_after_the_given_time(job, claim, clock):
    claim().release(after=timedelta(seconds=5), state=State.WAITING, message="Later.")

    job.refresh_from_db()
    assert (job.state, job.message, job.lease_until) == (State.WAITING, "Later.", None)
    assert job.not_before == clock.now + timedelta(seconds=5)
    assert claim() is None


def test_extended_lease_lasts_longer(job, claim, clock):
    lease = claim()
    clock.move(seconds=20)

    assert lease.extend()

    clock.move(seconds=20)
    assert claim() is None


def test_lease_is_extended_while_the_work_runs(file_database, job, claim, clock, monkeypatch):
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.3))
    extended = threading.Event()
    lease = claim()
    clock.move(seconds=LEASE.total_seconds() * 2)
    held_until = CloneJob.objects.get().lease_until
    original = Lease.extend

    def extend(self) -> bool:
        try:
            return original(self)
        finally:
            extended.set()

    monkeypatch.setattr(Lease, "extend", extend)

    with keep_alive(lease):
        assert extended.wait(timeout=20)

    assert CloneJob.objects.get().lease_until > held_until
    assert not [thread for thread in threading.enumerate() if "_beat" in thread.name]


def test_failed_work_lets_its_lease_expire(job, claim, clock):
    with pytest.raises(ZeroDivisionError), keep_alive(claim()):
        raise ZeroDivisionError

    assert claim() is None
    clock.move(seconds=LEASE.total_seconds() + 1)
    assert claim() is not None


def test_due_rows_are_listed_oldest_first_and_once_in_30_seconds(cast, job, clock):
    older = factories.make_job(
        cast.ana, cast.credential, created_at=factories.NOW - timedelta(hours=1)
    )
    factories.make_job(cast.ana, cast.credential, state=State.READY)

    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == [older.pk, job.pk]
    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == []
    clock.move(seconds=30)
    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == [older.pk, job.pk]


@pytest.mark.parametrize("held", [True, False])
def test_row_held_by_a_worker_is_not_due_until_the_lease_expires(job, claim, clock, held):
    if held:
        claim()

    assert bool(find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)) is not held
    clock.move(seconds=LEASE.total_seconds() + 1)
    assert bool(find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)) is True or not held
