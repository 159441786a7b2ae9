"""A drill: an older backup is restored while the providers remember what was made since.

The sweep runs as it does in the product, with a clock of its own, until nothing is due.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog import schedule, tasks
from catalog.jobs.base.restore_doubts import note_start
from catalog.management.backups import make_backup
from catalog.management.restore import restore_backup
from catalog.models import (
    CleanupPlan,
    CloneJob,
    Credential,
    Installation,
    PlannedDeletion,
    Synthesis,
    Team,
    Voice,
)
from catalog.providers.session import open_provider
from catalog.queries.audit import find_breaks
from catalog.services.voices.edit import rename_voice
from tests import factories
from tests.jobs.staging import Stage

State = CloneJob.State
# What reaches a provider; the rest listens, measures, and counts.
CALLS = {
    *("run_clone", "audit_clone", "run_speech", "run_deletion", "check_credential"),
    *("sync_account", "push_name"),
}


class Drill:
    """An installation with an account at ElevenLabs, its backups, and its sweep."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder, self.clock = stage, folder, stage.clock
        self.first = stage.new_job("elevenlabs")
        key = self.first.credential
        url = stage.sandbox.url("elevenlabs")
        with open_provider("elevenlabs", key.secrets(), url) as provider:
            # A check must find that the key is still for this account.
            key.account.ref = provider.check().account_ref
        key.account.save()

    def new_job(self) -> CloneJob:
        """Request one more clone with the same key."""
        values = {"language": "en", "gender": "female", "created_at": self.clock.now}
        ana, key = self.stage.cast.ana, self.first.credential
        return factories.make_job(ana, key, self.stage.sample, **values)

    def sweep(self) -> None:
        """Run everything that becomes due within the next hour, in steps."""
        for _ in range(30):
            self.clock.move(seconds=3)
            schedule.sweep_task()
            schedule.sync_due_task()
        self.clock.move(hours=1)
        schedule.sweep_task()
        schedule.sync_due_task()

    def back_up(self) -> Path:
        return make_backup(self.folder, self.clock()).folder

    def restore(self, backup: Path, **options: Any) -> None:
        """Restore a backup of a stopped installation, and start it."""
        note_start(None)
        self.clock.move(minutes=5)
        values = {"replaces": True, "is_copy": False, "say": lambda _: None, **options}
        restore_backup(backup, self.clock, **values)
        note_start(self.clock.move(minutes=1))

    def count_texts(self) -> int:
        """Return how many texts the provider was paid for."""
        answer = httpx.get(f"{self.stage.sandbox.address}/_control/requests").json()
        return sum("/text-to-speech/" in call["path"] for call in answer["requests"])

    @property
    def account(self) -> dict[str, Any]:
        return self.stage.account_state("elevenlabs")


@pytest.fixture
def drill(file_database, stage, tmp_path, monkeypatch, settings) -> Iterator[Drill]:
    if file_database is None:
        pytest.skip("restores the SQLite file")
    settings.SPEECH_DIR = tmp_path / "speech"
    # Each clone would also speak a sentence.
    Team.objects.update(speaks_first=False)
    # The other keys have no account at this sandbox.
    Credential.objects.all().delete()
    for module in (tasks, schedule):
        monkeypatch.setattr(module, "database_now", stage.clock)

    def wake(task: Any, **ids: Any) -> None:
        if task.name.removeprefix("catalog.") in CALLS:
            task(**ids)

    monkeypatch.setattr(tasks, "_wake", wake)
    note_start(stage.clock.now - timedelta(hours=1))
    yield Drill(stage, tmp_path / "backups")
    note_start(None)


def voice_ids(drill: Drill) -> set[str]:
    return {voice["id"] for voice in drill.account["own_voices"]}


def listed_ids() -> set[str]:
    own = Voice.objects.filter(remote_deleted_at=None, is_owned=True)
    return set(own.values_list("remote_id", flat=True))


def lose(drill: Drill) -> CloneJob:
    """Do what the backup won't have: make clones, pay for a text, rename, and delete."""
    ana, aurora = drill.stage.cast.ana, drill.stage.cast.aurora
    lost = drill.new_job()
    drill.sweep()
    assert {job.state for job in CloneJob.objects.all()} == {State.READY}
    assert Synthesis.objects.get().is_ready
    renamed = CloneJob.objects.exclude(pk__in=[lost.pk, drill.first.pk]).first().voice
    rename_voice(ana, voice=renamed, name="Renamed", now=drill.clock.now)
    now = drill.clock.now
    plan = factories.make_plan(
        ana, aurora, [drill.first.voice], approved_by=ana, approved_at=now, started_at=now
    )
    plan.lines.update(state=PlannedDeletion.State.QUEUED)
    drill.sweep()
    account = drill.account
    assert (account["creates"], account["deletes"], drill.count_texts()) == (4, 1, 1)
    return lost


def test_after_a_restore_nothing_is_paid_for_twice_and_every_voice_is_listed(drill):
    ana, first = drill.stage.cast.ana, drill.first
    drill.sweep()
    first.refresh_from_db()
    assert first.is_ready
    queued = {drill.new_job().pk for _ in range(2)}
    factories.make_speech(ana, first.voice, created_at=drill.clock.now)
    backup = drill.back_up()
    lost = lose(drill)
    before = drill.account

    drill.restore(backup)
    assert not CloneJob.objects.filter(pk=lost.pk).exists()
    assert Credential.objects.get().is_unchecked
    drill.sweep()

    assert drill.account == before
    assert drill.count_texts() == 1
    assert Credential.objects.get().works
    assert {job.state for job in CloneJob.objects.all()} == {State.READY}
    assert {job.attempt_count for job in CloneJob.objects.filter(pk__in=queued)} == {0}
    assert Synthesis.objects.get().state == Synthesis.State.UNCLEAR
    assert listed_ids() == voice_ids(drill)
    assert Voice.objects.filter(name="Renamed", clone_jobs__in=queued).exists()
    assert Voice.objects.get(pk=first.voice_id).remote_deleted_at is not None
    assert find_breaks() == []


def test_waiting_plan_waits_as_much_longer_as_the_backup_is_old(drill):
    drill.sweep()
    drill.first.refresh_from_db()
    due = drill.clock.now + timedelta(days=2)
    plan = factories.make_plan(
        drill.stage.cast.ana,
        drill.stage.cast.aurora,
        [drill.first.voice],
        approved_by=drill.stage.cast.ana,
        approved_at=drill.clock.now,
        started_at=None,
        due_at=due,
        waiting_days=7,
    )
    backup = drill.back_up()
    drill.clock.move(days=3)

    drill.restore(backup)
    schedule.sweep_task()

    assert CleanupPlan.objects.get(pk=plan.pk).due_at == due + timedelta(days=3, minutes=6)


def test_clone_that_was_sent_again_since_the_backup_is_adopted_after_a_quick_restore(drill):
    CloneJob.objects.update(
        step=CloneJob.Step.UNKNOWN,
        state=State.WAITING,
        attempt_count=1,
        empty_look_count=1,
        sent_at=drill.clock.now - timedelta(minutes=5),
    )
    backup = drill.back_up()

    drill.restore(backup)

    job = CloneJob.objects.get()
    assert (job.empty_look_count, job.sent_at) == (0, drill.clock.now - timedelta(minutes=1))


def test_work_counts_as_possibly_sent_even_if_the_clock_is_behind_the_backup(drill):
    drill.clock.move(days=1)
    CloneJob.objects.update(created_at=drill.clock.now)
    backup = drill.back_up()
    drill.sweep()
    drill.clock.move(days=-2)

    drill.restore(backup)
    drill.sweep()

    assert CloneJob.objects.get().is_ready
    assert drill.account["creates"] == 1


def test_copy_for_a_drill_neither_calls_a_provider_nor_continues_any_work(drill):
    ana = drill.stage.cast.ana
    drill.sweep()
    drill.first.refresh_from_db()
    voice = drill.first.voice
    drill.new_job()
    factories.make_speech(ana, voice)
    plan = factories.make_plan(
        ana,
        drill.stage.cast.aurora,
        [voice],
        approved_by=ana,
        approved_at=drill.clock.now,
        started_at=None,
        due_at=drill.clock.now + timedelta(minutes=1),
    )
    plan.lines.update(state=PlannedDeletion.State.HELD)
    code = drill.new_job().marker.split(":")[1]
    drill.back_up()
    backup, before = drill.back_up(), drill.account

    drill.restore(backup, is_copy=True)
    drill.sweep()

    key = Credential.objects.get()
    assert key.is_refused
    assert "copy of another" in key.problem or "can't be decrypted" in key.problem
    assert bytes(key.sealed) == b""
    assert drill.account == before
    assert drill.count_texts() == 0
    assert not CloneJob.objects.active().exists()
    assert CleanupPlan.objects.get().due_at is None
    assert PlannedDeletion.objects.get().state == PlannedDeletion.State.PLANNED
    assert drill.new_job().marker.split(":")[1] != code
    # Backups of the original say nothing about the copy.
    assert Installation.objects.get().backed_up_at is None
