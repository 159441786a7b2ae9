"""Workers that die, freeze, or have a wrong clock neither block rows nor overwrite them."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import tasks
from catalog.core.clock import database_now
from catalog.jobs import usage
from catalog.jobs.base.leases import LEASE, claim_work, find_due
from catalog.jobs.clones.steps import CloneStep
from catalog.jobs.syncs import run as syncs
from catalog.jobs.syncs.run import find_due_accounts, sync_account
from catalog.jobs.usage import find_due_histories, read_uses
from catalog.jobs.voices.settings import find_due_settings
from catalog.models import CloneJob, ProviderAccount, SyncRun, Voice, VoiceSettings
from tests import factories
from tests.stubs import remote_voice

State = CloneJob.State
TWO_DAYS = timedelta(days=2)


class WorkerDies(BaseException):
    """The death of a worker. No handler catches it."""


@pytest.fixture
def stop_dying(monkeypatch, stub):
    """Kill the next sync halfway, without its cleanup. Returns a function that undoes this."""
    stub.while_listing = _die
    end = syncs._end_run
    monkeypatch.setattr(syncs, "_end_run", lambda *_: None)

    def undo() -> None:
        stub.while_listing = lambda: None
        monkeypatch.setattr(syncs, "_end_run", end)

    return undo


def _die() -> None:
    raise WorkerDies


def sync_and_die(account: ProviderAccount, clock) -> None:
    with pytest.raises(WorkerDies):
        sync_account(account.pk, clock)


def test_account_whose_worker_died_is_synced_30_seconds_later(cast, stub, clock, stop_dying):
    sync_and_die(cast.account, clock)
    stop_dying()

    assert sync_account(cast.account.pk, clock) is None
    assert cast.account.pk not in find_due_accounts(clock.now)
    clock.move(seconds=LEASE.total_seconds() + 1)

    assert cast.account.pk in find_due_accounts(clock.now)
    assert sync_account(cast.account.pk, clock).error == ""


def test_leases_do_not_depend_on_the_worker_host_clock(cast, stub, monkeypatch, wakes, stop_dying):
    wrong = timezone.now() + TWO_DAYS
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    job = factories.make_job(cast.ana, cast.credential)
    with pytest.raises(WorkerDies):
        tasks.sync_account_task(account_id=cast.account.pk)
    claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=database_now
    )

    job.refresh_from_db()
    cast.account.refresh_from_db()
    for until in (job.lease_until, cast.account.sync_lease_until):
        assert until <= database_now() + LEASE
    assert abs(wrong - TWO_DAYS - database_now()) < timedelta(minutes=5)


def test_tasks_do_not_read_the_host_clock(monkeypatch):
    text = tasks.__spec__.loader.get_source("catalog.tasks")

    assert "timezone" not in text


def test_long_sync_keeps_its_account(cast, stub, clock, monkeypatch):
    held = []
    real = syncs.keep_alive

    @contextmanager
    def keep_alive(lease):
        held.append(lease)
        with real(lease):
            yield

    second = []

    def take_long() -> None:
        for _ in range(10):
            clock.move(seconds=20)
            assert held[0].extend()
            second.append(sync_account(cast.account.pk, clock))

    monkeypatch.setattr(syncs, "keep_alive", keep_alive)
    stub.listed = [remote_voice("r-1")]
    stub.while_listing = take_long

    assert sync_account(cast.account.pk, clock).error == ""
    assert second == [None] * 10
    assert SyncRun.objects.count() == 1


def test_sync_that_lost_its_lease_writes_nothing_more(cast, stub, clock):
    gone = factories.make_voice(cast.account, remote_id="r-gone")
    stub.listed = [remote_voice("r-1")]

    def freeze() -> None:
        stub.while_listing = lambda: None
        clock.move(minutes=20)
        ProviderAccount.objects.update(sync_lease_until=clock.now + LEASE, sync_fence=7)

    stub.while_listing = freeze
    run = sync_account(cast.account.pk, clock)

    account = ProviderAccount.objects.get(pk=cast.account.pk)
    assert run.error == "Another worker took over the sync."
    assert (account.sync_lease_until, account.synced_at) == (clock.now + LEASE, None)
    assert not Voice.objects.filter(remote_id="r-1").exists()
    gone.refresh_from_db()
    assert not gone.is_gone


def test_timestamps_far_in_the_future_are_ignored(cast, clock, stub):
    far = clock.now + TWO_DAYS
    job = factories.make_job(
        cast.ana, cast.credential, lease_until=far, woken_at=far, not_before=far, state="running"
    )
    account = ProviderAccount.objects.filter(pk=cast.account.pk)
    account.update(sync_lease_until=far, sync_due_at=far, uses_due_at=far)
    voice = factories.make_clone(cast.account)
    VoiceSettings.objects.create(voice=voice, asked_at=clock.now, not_before=far)

    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == [job.pk]
    assert claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    assert cast.account.pk in find_due_accounts(clock.now)
    assert sync_account(cast.account.pk, clock) is not None
    assert cast.account.pk in find_due_histories(clock.now)
    assert find_due_settings(clock.now) == [voice.pk]


# The account, which one clone at a time can hold


def start_step(job: CloneJob, clock) -> CloneStep:
    lease = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    return CloneStep(lease, clock)


def test_call_that_outlasts_the_lease_keeps_the_account(cast, clock):
    long, other = (factories.make_job(cast.ana, cast.credential) for _ in range(2))
    step = start_step(long, clock)
    assert step._take_account()

    clock.move(minutes=10)
    step.lease.extend()

    assert not start_step(other, clock)._take_account()


def test_account_is_free_once_its_job_ended_or_its_worker_died(cast, clock):
    ended, dead, other = (factories.make_job(cast.ana, cast.credential) for _ in range(3))
    assert start_step(ended, clock)._take_account()
    CloneJob.objects.filter(pk=ended.pk).update(state=State.CANCELLED, lease_until=None)
    assert start_step(dead, clock)._take_account()

    clock.move(minutes=4)

    assert start_step(other, clock)._take_account()


# The usage history


def test_history_whose_worker_died_is_read_two_minutes_later(cast, clock, monkeypatch, stub):
    monkeypatch.setattr(usage, "_read_uses", lambda *_: _die())
    written = usage.Lease.write
    monkeypatch.setattr(usage.Lease, "write", lambda *_, **__: None)
    assert cast.account.pk in find_due_histories(clock.now)
    with pytest.raises(WorkerDies):
        read_uses(cast.account.pk, clock)
    monkeypatch.setattr(usage.Lease, "write", written)

    assert find_due_histories(clock.now) == []
    clock.move(minutes=2)
    assert cast.account.pk in find_due_histories(clock.now)
