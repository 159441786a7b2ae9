"""After a database is restored from a backup, no clone is paid for a second time.

Each test queues clones, copies the database, makes the clones, restores the copy, and restarts
the workers.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from catalog.jobs.base.restore_doubts import note_start
from catalog.jobs.clones.duplicates import audit_clone, find_due_audits
from catalog.models import CloneJob, Voice
from catalog.providers.session import open_provider
from catalog.sandbox.faults import Fault, FaultKind
from catalog.services.clones import cancel_clone
from tests import factories
from tests.jobs.staging import Stage
from tests.jobs.test_clone_faults_later import PROVIDERS

State, Step = CloneJob.State, CloneJob.Step


class Backup:
    """A copy of the current database, in a file next to it."""

    def __init__(self, path: Path) -> None:
        self._path, self._copy = path, path.with_suffix(".backup")
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(self._copy)) as copy:
            connection.connection.backup(copy)

    def restore(self) -> None:
        """Replace the database with the copy, as docs/operate/backup.md says."""
        connection.close()
        for name in (f"{self._path}-wal", f"{self._path}-shm"):
            Path(name).unlink(missing_ok=True)
        shutil.copy(self._copy, self._path)


@pytest.fixture
def back_up(file_database: Path | None) -> Callable[[], Backup]:
    if file_database is None:
        pytest.skip("copies the SQLite file")
    return lambda: Backup(file_database)


@pytest.fixture(autouse=True)
def start(clock: Any) -> Iterator[None]:
    note_start(clock.now - timedelta(hours=1))
    yield
    note_start(None)


def restart(stage: Stage, **later: float) -> None:
    """Stop the workers and start them again."""
    note_start(stage.clock.move(**later))


def new_jobs(stage: Stage, slug: str, count: int) -> list[CloneJob]:
    first = stage.new_job(slug)
    # The sandbox opens an account with its first call.
    with open_provider(slug, first.credential.secrets(), stage.sandbox.url(slug)) as provider:
        next(provider.voices())
    keys = {"language": "en", "gender": "female"}
    more = [
        factories.make_job(stage.cast.ana, first.credential, stage.sample, **keys)
        for _ in range(count - 1)
    ]
    return [first, *more]


def run_all(stage: Stage, jobs: list[CloneJob]) -> None:
    """Run the jobs whenever they are due until all have ended."""
    for _ in range(200):
        for job in jobs:
            stage.run(job)
        if all(job.is_finished for job in jobs):
            return
        stage.clock.move(seconds=2)
    raise AssertionError([(job.state, job.step, job.message) for job in jobs])


def assert_paid_once(stage: Stage, jobs: list[CloneJob], before: int) -> None:
    slug = jobs[0].account.provider
    account_state = stage.account_state(slug)
    assert account_state["creates"] == len(jobs)
    assert account_state["deletes"] == 0
    assert len(account_state["own_voices"]) == before + len(jobs)
    assert {job.state for job in jobs} == {State.READY}
    voices = Voice.objects.filter(clone_jobs__in=jobs, remote_deleted_at=None)
    assert voices.distinct().count() == len(jobs)
    for job in jobs:
        assert job.voice.clone_jobs.get().batch.consent.speaker == job.batch.speaker


@pytest.mark.parametrize(("slug", "count"), [(slug, 3) for slug in PROVIDERS] + [("noiz", 10)])
def test_clones_queued_in_a_restored_backup_are_adopted_without_paying_again(
    back_up, stage, slug, count
):
    jobs = new_jobs(stage, slug, count)
    before = len(stage.account_state(slug)["own_voices"])
    backup = back_up()
    run_all(stage, jobs)
    assert_paid_once(stage, jobs, before)

    backup.restore()
    restart(stage, minutes=1)
    run_all(stage, jobs)

    assert_paid_once(stage, jobs, before)
    assert {job.attempt_count for job in jobs} == {0}
    stage.clock.move(hours=2)
    for job in jobs:
        assert str(job.pk) in find_due_audits(stage.clock.now)
        assert audit_clone(job.pk, stage.clock) == 0
    assert_paid_once(stage, jobs, before)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_restored_clone_that_was_never_made_is_made_once_after_the_settle_time(stage, slug):
    [job] = new_jobs(stage, slug, 1)
    before = len(stage.account_state(slug)["own_voices"])
    restart(stage, minutes=1)

    stage.run(job)
    assert (job.state, job.step, stage.account_state(slug)["creates"]) == (
        State.WAITING,
        Step.UNKNOWN,
        0,
    )
    run_all(stage, [job])

    assert_paid_once(stage, [job], before)
    assert job.attempt_count == 1


def test_voice_listed_late_is_found_after_a_restore(back_up, stage):
    [job] = new_jobs(stage, "elevenlabs", 1)
    before = len(stage.account_state("elevenlabs")["own_voices"])
    backup = back_up()
    run_all(stage, [job])
    backup.restore()
    restart(stage, minutes=1)
    empty = {"voices": [], "has_more": False}
    late = Fault(FaultKind.CHANGE_JSON, "elevenlabs", path="/v2/voices", values=empty, times=2)
    stage.sandbox.faults.add(late)

    run_all(stage, [job])

    assert_paid_once(stage, [job], before)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_clone_that_was_rate_limited_before_the_backup_is_adopted(back_up, stage, slug):
    [job] = new_jobs(stage, slug, 1)
    before = len(stage.account_state(slug)["own_voices"])
    stage.sandbox.faults.add(Fault(FaultKind.RATE_LIMIT, slug, method="POST", retry_after=3))
    stage.run(job)
    assert (job.state, job.step) == (State.WAITING, Step.PLANNED)
    backup = back_up()
    run_all(stage, [job])
    backup.restore()
    restart(stage, minutes=1)

    run_all(stage, [job])

    assert_paid_once(stage, [job], before)


def test_clone_that_waited_long_is_looked_for_once_and_then_made(stage):
    [job] = new_jobs(stage, "elevenlabs", 1)
    before = len(stage.account_state("elevenlabs")["own_voices"])
    stage.clock.move(minutes=3)

    stage.run(job)

    assert_paid_once(stage, [job], before)
    answer = httpx.get(f"{stage.sandbox.address}/_control/requests").json()
    assert [call["path"] for call in answer["requests"]][1:4] == [
        "/v2/voices",
        "/v1/user/subscription",
        "/v1/voices/add",
    ]


def test_clone_that_starts_immediately_is_not_looked_for(stage):
    [job] = new_jobs(stage, "noiz", 1)

    stage.run(job)

    answer = httpx.get(f"{stage.sandbox.address}/_control/requests").json()
    assert [call["method"] for call in answer["requests"]][1:] == ["POST", "GET"]
    assert job.is_ready


def test_canceled_restored_clone_leaves_no_voice_at_the_provider(back_up, stage):
    [job] = new_jobs(stage, "telnyx", 1)
    before = len(stage.account_state("telnyx")["own_voices"])
    backup = back_up()
    run_all(stage, [job])
    backup.restore()
    restart(stage, minutes=1)

    cancel_clone(stage.cast.ana, job=job, now=stage.clock.now)
    stage.clock.move(hours=2)
    assert find_due_audits(stage.clock.now) == [str(job.pk)]
    audit_clone(job.pk, stage.clock)

    assert len(stage.account_state("telnyx")["own_voices"]) == before


def test_restored_clone_whose_key_was_removed_needs_review_and_has_no_retry(stage):
    [job] = new_jobs(stage, "telnyx", 1)
    restart(stage, minutes=1)
    CloneJob.objects.update(credential=None)

    stage.run(job)

    assert job.state == State.NEEDS_LOOK
    assert not job.can_be_retried
