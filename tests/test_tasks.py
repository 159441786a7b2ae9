"""What wakes workers, and how lost messages are recovered."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from catalog import schedule, tasks
from catalog.core.media import store_media
from catalog.models import (
    CloneJob,
    Credential,
    PlannedDeletion,
    PreviewClip,
    ProviderAccount,
    Voice,
)
from tests import factories
from tests.stubs import remote_voice

ADDRESS = "https://cdn.example.com/a.mp3"


def test_the_sweep_wakes_each_due_job_once(cast, wakes):
    job = factories.make_job(cast.ana, cast.credential)
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_at=factories.NOW)
    line = factories.make_line(
        plan, factories.make_clone(cast.account), state=PlannedDeletion.State.QUEUED
    )
    factories.make_job(cast.ana, cast.credential, state=CloneJob.State.READY)

    schedule.sweep_task()
    schedule.sweep_task()

    assert wakes == [("catalog.run_clone", str(job.pk)), ("catalog.run_deletion", str(line.pk))]


def test_the_schedule_wakes_due_accounts_and_unfinished_key_checks(cast, wakes):
    later = timezone.now() + timedelta(hours=1)
    ProviderAccount.objects.update(sync_due_at=later, uses_due_at=later)
    ProviderAccount.objects.filter(pk=cast.account.pk).update(sync_due_at=None)
    key = factories.make_credential(cast.mia, cast.account, health="unchecked")

    schedule.sync_due_task()

    assert wakes == [
        ("catalog.sync_account", cast.account.pk),
        ("catalog.check_credential", str(key.pk)),
        # Missing previews go on, whatever stopped them.
        ("catalog.warm_previews", cast.account.pk),
        ("catalog.warm_previews", cast.other_account.pk),
    ]


def test_a_key_check_leads_to_a_sync_and_then_to_previews(cast, stub, wakes):
    stub.listed = [remote_voice("r-1", preview_url=ADDRESS)]

    tasks.check_credential_task(credential_id=str(cast.credential.pk))
    (name, account_id), *_ = wakes
    tasks.sync_account_task(account_id=account_id)
    tasks.warm_previews_task(account_id=account_id)

    assert name == "catalog.sync_account"
    assert wakes[1:3] == [
        ("catalog.refresh_badges", account_id),
        ("catalog.warm_previews", account_id),
    ]
    assert Voice.objects.get(account=account_id).clip.seconds


def test_a_rejected_key_leads_to_no_sync(cast, stub, wakes):
    Credential.objects.update(sealed=b"spoilt")

    tasks.check_credential_task(credential_id=str(cast.credential.pk))

    assert [name for name, _ in wakes] == ["catalog.refresh_badges"]


def test_the_tidy_task_measures_unmeasured_clips(cast, wav):
    voice = factories.make_voice(cast.account, preview_url=ADDRESS)
    path, size, _ = store_media("previews", [wav], "wav")
    clip = PreviewClip.objects.create(
        voice=voice,
        source="s",
        path=path,
        content_type="audio/wav",
        size=size,
        fetched_at=factories.NOW,
    )

    schedule.tidy_task()

    clip.refresh_from_db()
    assert clip.seconds == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("problem", [OperationalError("down"), ConnectionRefusedError("down")])
def test_an_unreachable_broker_is_only_logged(db, monkeypatch, caplog, problem):
    def fail(**values: object) -> None:
        raise problem

    monkeypatch.setattr(tasks.run_clone_task, "apply_async", fail)

    tasks.enqueue_clone("0e5ed1ce-0000-4000-8000-000000000000")

    assert "The next sweep will start it." in caplog.text


def test_a_message_contains_only_ids_and_expires(db, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.run_clone_task, "apply_async", lambda **values: sent.append(values))

    tasks.enqueue_clone("0e5ed1ce-0000-4000-8000-000000000000")

    assert sent == [
        {
            "kwargs": {"job_id": "0e5ed1ce-0000-4000-8000-000000000000"},
            "expires": 60,
            "headers": {"request_number": ""},
        }
    ]


def test_a_finished_clone_is_followed_by_a_sync_of_its_account(cast, monkeypatch, wakes):
    voice = factories.make_clone(cast.account)
    monkeypatch.setattr(tasks, "run_clone", lambda *_: voice.pk)

    tasks.run_clone_task(job_id="0e5ed1ce-0000-4000-8000-000000000000")

    assert wakes == [("catalog.sync_account", cast.account.pk)]
    assert ProviderAccount.objects.get(pk=cast.account.pk).sync_due_at <= timezone.now()


def test_only_the_last_of_several_deletions_is_followed_by_a_sync(cast, monkeypatch, wakes):
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_at=factories.NOW)
    first, last = (
        factories.make_line(plan, factories.make_clone(cast.account), state="queued")
        for _ in range(2)
    )

    def end(line_id: str, _: object) -> int:
        PlannedDeletion.objects.filter(pk=line_id).update(state="deleted")
        return cast.account.pk

    monkeypatch.setattr(tasks, "run_deletion", end)
    tasks.run_deletion_task(line_id=str(first.pk))
    assert wakes == []

    tasks.run_deletion_task(line_id=str(last.pk))
    assert wakes == [("catalog.sync_account", cast.account.pk)]


def test_a_worker_process_has_a_memory_limit():
    code = "import numpy as np; from voiceboard.celery import limit_memory; limit_memory();"
    take = "np.ones({} << 20, np.uint8)"

    fine, bomb = (
        subprocess.run(
            [sys.executable, "-c", code + take.format(megabytes)],
            capture_output=True,
            text=True,
            check=False,
        )
        for megabytes in (64, 6_000)
    )

    assert fine.returncode == 0, fine.stderr
    assert "MemoryError" in bomb.stderr
