"""If a message is lost, a row in the database says what is due, and the schedule finds it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app

from catalog import tasks
from catalog.core.clock import database_now
from catalog.core.media import store_media
from catalog.jobs.voices import push_changes
from catalog.models import (
    Notification,
    PreviewClip,
    ProviderAccount,
    SampleReport,
    Voice,
    VoiceChange,
    VoiceLabel,
    VoiceSettings,
    VoiceUsage,
)
from catalog.providers import errors
from catalog.schedule import sweep_task, sync_due_task
from catalog.services.accounts.built_in import provide_built_in
from catalog.services.usage import record_export_later
from catalog.services.voices.edit import relabel_voice, rename_voice
from catalog.tasks import note_export_task, push_labels_task, push_name_task
from tests import factories
from tests.local import switch_on
from tests.stubs import remote_voice

Woken = list[tuple[str, Any]]
AGO = timedelta(minutes=2)


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Drop every message, and record the names of the tasks that were to be woken."""
    woken: list[str] = []
    monkeypatch.setattr(tasks, "_wake", lambda task, **_: woken.append(task.name))
    return woken


def run_schedule(woken: list[str]) -> set[str]:
    """Run all periodic tasks, and return the names of the tasks that they woke."""
    woken.clear()
    current_app.loader.import_default_modules()
    for entry in current_app.conf.beat_schedule.values():
        current_app.tasks[entry["task"]]()
    return set(woken)


def test_a_sweep_probes_a_silent_provider_with_one_waiting_job(cast, lost):
    until = database_now() + timedelta(seconds=156)
    values = {"state": "waiting", "failure_count": 8, "waits_for_answer": True}
    job = factories.make_job(cast.ana, cast.credential, not_before=until, **values)

    sweep_task()

    job.refresh_from_db()
    assert job.not_before <= database_now()
    assert "catalog.run_clone" in lost


def test_the_schedule_sends_a_lost_notification_about_a_finished_plan(cast, lost):
    voice = factories.make_clone(cast.account)
    approved = {"approved_at": factories.NOW, "started_at": factories.NOW}
    plan = factories.make_plan(cast.ana, cast.aurora, [voice], **approved)
    plan.lines.update(state="deleted", responsible=cast.mia, ended_at=factories.NOW)

    sync_due_task()

    assert Notification.objects.filter(user=cast.mia).count() == 1


def local_account(world: SimpleNamespace) -> ProviderAccount:
    switch_on(world.settings, world.folder, world.monkeypatch)
    provide_built_in(team=world.cast.aurora, now=factories.NOW)
    return factories.make_account(world.cast.aurora, provider="local", ref="here")


def local_voice(world: SimpleNamespace) -> Voice:
    return factories.make_voice(local_account(world), "Emma", remote_id="bf_emma")


def an_email(world: SimpleNamespace) -> None:
    factories.make_mail(world.cast.mia, created_at=database_now())


def a_clone(world: SimpleNamespace) -> None:
    factories.make_job(world.cast.ana, world.cast.credential)


def a_clone_made_here(world: SimpleNamespace) -> None:
    key = factories.make_credential(world.cast.ana, local_account(world), provider="local")
    factories.make_job(world.cast.ana, key)


def a_clone_that_was_sent_twice(world: SimpleNamespace) -> None:
    ended_at = database_now() - timedelta(hours=1)
    factories.make_job(
        world.cast.ana, world.cast.credential, state="ready", attempt_count=2, ended_at=ended_at
    )


def a_text(world: SimpleNamespace) -> None:
    factories.make_speech(world.cast.ana, factories.make_voice(world.cast.account))


def a_text_spoken_here(world: SimpleNamespace) -> None:
    factories.make_speech(world.cast.ana, local_voice(world))


def a_deletion(world: SimpleNamespace) -> None:
    cast = world.cast
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_at=factories.NOW)
    factories.make_line(plan, factories.make_clone(cast.account), state="queued")


def a_replacement_plan(world: SimpleNamespace) -> None:
    voice = factories.make_clone(world.cast.account)
    factories.make_evacuation(world.cast.ana, world.cast.aurora, voice, state="queued")


def a_withdrawn_voice(world: SimpleNamespace) -> None:
    cast = world.cast
    speaker = factories.make_job(cast.ana, cast.credential).batch.speaker
    withdrawal = factories.make_withdrawal(cast.ana, speaker, approved_at=factories.NOW)
    factories.make_erasure(withdrawal, factories.make_clone(cast.account), state="queued")


def a_key(world: SimpleNamespace) -> None:
    factories.make_credential(world.cast.mia, world.cast.account, health="unchecked")


def an_account(world: SimpleNamespace) -> None:
    ProviderAccount.objects.update(sync_due_at=None)


def a_history(world: SimpleNamespace) -> None:
    ProviderAccount.objects.update(uses_due_at=None)


def a_name(world: SimpleNamespace) -> None:
    voice = factories.make_clone(world.cast.account)
    rename_voice(world.cast.ana, voice=voice, name="New", now=database_now() - AGO)


def labels(world: SimpleNamespace) -> None:
    voice = factories.make_clone(world.cast.account)
    said = {"gender": "female"}
    relabel_voice(world.cast.ana, voice=voice, labels=said, now=database_now() - AGO)


def settings_of_a_voice(world: SimpleNamespace) -> None:
    voice = factories.make_clone(world.cast.account)
    asked_at = database_now() - AGO
    VoiceSettings.objects.create(voice=voice, asked_at=asked_at, not_before=asked_at)


def an_export(world: SimpleNamespace) -> None:
    voice = factories.make_voice(world.cast.account)
    selection = factories.make_selection(world.cast.ana, world.cast.aurora, voice)
    record_export_later(world.cast.ana, selection=selection)


def a_sample(world: SimpleNamespace) -> None:
    factories.make_sample(
        world.cast.ana, world.cast.aurora, seconds=None, uploaded_at=database_now() - AGO
    )


def a_report(world: SimpleNamespace) -> None:
    sample = factories.make_sample(world.cast.ana, world.cast.aurora)
    SampleReport.objects.create(sample=sample, asked_at=database_now())


CASES: dict[str, Callable[[SimpleNamespace], None]] = {
    "run_clone": a_clone,
    "run_built_in_clone": a_clone_made_here,
    "audit_clone": a_clone_that_was_sent_twice,
    "run_speech": a_text,
    "run_local_speech": a_text_spoken_here,
    "run_deletion": a_deletion,
    "run_evacuation": a_replacement_plan,
    "run_erasure": a_withdrawn_voice,
    "send_mail": an_email,
    "check_credential": a_key,
    "sync_account": an_account,
    "read_uses": a_history,
    "push_name": a_name,
    "push_labels": labels,
    "tune_voice": settings_of_a_voice,
    "note_export": an_export,
    "measure_sample": a_sample,
    "listen_to": a_report,
}
# Tasks that the schedule runs itself. Each has a separate test below.
DONE_BY_THE_SCHEDULE = {"embed_previews", "measure_clip", "refresh_badges"}
# Tasks that each sync does or wakes. The page of a waiting person also asks again.
WOKEN_BY_A_FETCH = {
    *("warm_previews", "warm_built_in", "speak_preview", "fetch_preview", "read_slots"),
}


def test_every_task_is_covered_by_the_schedule():
    current_app.loader.import_default_modules()
    of_the_clock = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    known = {name.removeprefix("catalog.") for name in current_app.tasks if "catalog." in name}
    known -= {name.removeprefix("catalog.") for name in of_the_clock} - {"embed_previews"}
    known -= {"tell_story"}  # only the demo's clock wakes it

    assert known == set(CASES) | DONE_BY_THE_SCHEDULE | WOKEN_BY_A_FETCH


@pytest.mark.parametrize("name", CASES)
def test_due_work_is_found_after_its_message_was_lost(
    name, cast, lost, settings, tmp_path, monkeypatch
):
    later = database_now() + timedelta(minutes=1)
    ProviderAccount.objects.update(sync_due_at=later, uses_due_at=later)
    CASES[name](
        SimpleNamespace(cast=cast, settings=settings, folder=tmp_path, monkeypatch=monkeypatch)
    )

    assert f"catalog.{name}" in run_schedule(lost)


def test_the_schedule_measures_clips_and_refreshes_badges(cast, lost, wav):
    voice = factories.make_clone(cast.account)
    path, size, _ = store_media("previews", [wav], "wav")
    values = {"source": "s", "path": path, "content_type": "audio/wav", "size": size}
    PreviewClip.objects.create(voice=voice, fetched_at=factories.NOW, **values)

    run_schedule(lost)

    assert PreviewClip.objects.get().seconds
    assert VoiceLabel.objects.filter(voice=voice, facet="badge", value="no_source").exists()


@pytest.mark.parametrize("is_here", [False, True])
def test_a_sync_wakes_the_task_that_makes_missing_previews(
    cast, stub, lost, is_here, settings, tmp_path, monkeypatch
):
    account = cast.account
    if is_here:
        switch_on(settings, tmp_path, monkeypatch)
        account = factories.make_account(cast.aurora, provider="local", ref="here")
        factories.make_credential(cast.ana, account, provider="local")
    stub.listed = [remote_voice("r-1", preview_url="https://cdn.example.com/a.mp3")]

    tasks.sync_account_task(account_id=account.pk)

    assert lost == ["catalog.warm_built_in" if is_here else "catalog.warm_previews"]


# Names and labels


class Naming:
    """A fake provider that accepts names, or raises the prepared errors."""

    def __init__(self) -> None:
        self.says: list[Exception] = []
        self.named: list[str] = []

    def __enter__(self) -> "Naming":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def rename(self, _: str, name: str) -> None:
        if self.says:
            raise self.says.pop(0)
        self.named.append(name)

    def relabel(self, remote_id: str, labels: dict[str, str]) -> None:
        self.rename(remote_id, " ".join(labels.values()))


@pytest.fixture
def naming(monkeypatch) -> Naming:
    provider = Naming()
    monkeypatch.setattr(push_changes, "open_provider", lambda *_: provider)
    return provider


@pytest.fixture
def renamed(cast, lost) -> Voice:
    voice = factories.make_clone(cast.account, "Old")
    rename_voice(cast.ana, voice=voice, name="New", now=database_now() - AGO)
    return voice


def push(voice: Voice) -> Voice:
    push_name_task(voice_id=voice.pk)
    push_labels_task(voice_id=voice.pk, account_id=voice.account_id)
    voice.refresh_from_db()
    return voice


def test_a_name_accepted_by_the_provider_is_no_longer_pending(renamed, naming, lost):
    assert push(renamed).own_name == ""

    assert naming.named == ["New"]
    assert not VoiceChange.objects.exists()
    assert "catalog.push_name" not in run_schedule(lost)


@pytest.mark.parametrize(
    "problem",
    [errors.TryLater("Busy."), errors.OutcomeUnknown("It broke."), errors.NotYet("Wait.")],
)
def test_a_name_that_failed_temporarily_is_retried_later(renamed, naming, lost, problem):
    naming.says = [problem]
    assert push(renamed).rename_problem == problem.message
    assert "catalog.push_name" not in run_schedule(lost)

    VoiceChange.objects.update(not_before=database_now())

    assert "catalog.push_name" in run_schedule(lost)
    assert push(renamed).rename_problem == ""
    assert naming.named == ["New"]


def test_a_name_is_not_retried_forever(renamed, naming):
    naming.says = [errors.TryLater("Busy.") for _ in range(50)]

    while VoiceChange.objects.exists() and naming.says:
        push(renamed)

    assert 30 < len(naming.says) < 50
    assert renamed.rename_problem == "Busy."


def test_a_rejected_name_is_not_sent_again(renamed, naming, lost):
    naming.says = [errors.RequestRejected("The name is taken.")]

    assert push(renamed).rename_problem == "The name is taken."
    assert "catalog.push_name" not in run_schedule(lost)


def test_a_name_set_while_another_is_being_sent_is_sent_next(cast, renamed, naming, lost):
    real = naming.rename

    def meanwhile(remote_id: str, name: str) -> None:
        naming.rename = real
        again = Voice.objects.get(pk=renamed.pk)
        rename_voice(cast.ana, voice=again, name="Newest", now=database_now())
        real(remote_id, name)

    naming.rename = meanwhile
    push_name_task(voice_id=renamed.pk)
    VoiceChange.objects.update(not_before=database_now())

    assert "catalog.push_name" in run_schedule(lost)
    push(renamed)
    assert naming.named == ["New", "Newest"]


def test_labels_are_pending_only_if_the_provider_stores_them(cast, naming, lost):
    kept, alone = factories.make_clone(cast.account), factories.make_voice(cast.account)
    for voice in (kept, alone):
        relabel_voice(cast.ana, voice=voice, labels={"gender": "male"}, now=database_now())

    assert [change.voice for change in VoiceChange.objects.all()] == [kept]
    push(kept)
    assert not VoiceChange.objects.exists()


def test_an_export_is_counted_once_per_download(cast, lost):
    voice = factories.make_voice(cast.account)
    selection = factories.make_selection(cast.ana, cast.aurora, voice)
    for _ in range(2):
        record_export_later(cast.ana, selection=selection)

    for _ in range(3):
        note_export_task(selection_id=selection.pk)

    assert VoiceUsage.objects.get(voice=voice).export_count == 2
    assert "catalog.note_export" not in run_schedule(lost)
