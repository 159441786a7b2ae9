"""A withdrawal erases every copy once, no matter what dies or fails, and says what is left."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from catalog.core.media_folder import FolderStore
from catalog.jobs.base.leases import LEASE, Lease
from catalog.jobs.clones.run import run_clone
from catalog.jobs.withdrawals import finish
from catalog.jobs.withdrawals.finish import reopen_returned, settle_finished
from catalog.jobs.withdrawals.plan import release_proofs, start_due_withdrawals
from catalog.jobs.withdrawals.run import run_erasure
from catalog.models import (
    AuditEntry,
    CloneJob,
    ComparedVoice,
    Consent,
    Erasure,
    Notification,
    PreviewClip,
    Sample,
    Speaker,
    SynthesizedClip,
    Voice,
    Withdrawal,
)
from catalog.models.base.leases import due_work
from catalog.providers.errors import PermissionMissing, ProviderError, TryLater
from catalog.queries.speakers import find_voice_obstacle
from catalog.services.withdrawals import (
    approve_withdrawal,
    request_withdrawal,
    retry_erasures,
)
from tests import factories
from tests.media import media_path
from tests.stubs import remote_voice

Kind, State = Erasure.Kind, Erasure.State
NOW = factories.NOW


class WorkerDied(BaseException):
    """The death of a worker. No handler catches it."""


def make_life(cast: Any, stub: Any) -> SimpleNamespace:
    """Return a speaker with a clone, its preview, its speech, samples, and a proof of consent."""
    voice = factories.make_clone(cast.account, "Ada", remote_id="r-ada")
    stub.listed = [remote_voice("r-ada", "Ada"), remote_voice("r-other", "Other")]
    sample = factories.make_sample(cast.ana, cast.aurora)
    cleaned = factories.make_cleaned(sample, path=factories.make_sample(cast.ana, cast.aurora).path)
    job = factories.make_job(
        cast.ana, cast.credential, sample, state=CloneJob.State.READY, voice=voice
    )
    proof = factories.make_sample(cast.ana, cast.aurora).path
    Consent.objects.filter(pk=job.batch.consent_id).update(
        proof_path=proof, proof_filename="signed.pdf"
    )
    clip = factories.make_spoken_clip(voice, b"spoken")
    factories.make_speech(cast.mia, voice, state="done", step="confirmed", clip=clip)
    preview = PreviewClip.objects.create(
        voice=voice,
        path=factories.make_sample(cast.ana, cast.aurora).path,
        content_type="audio/wav",
        size=4,
        seconds=1.0,
        fetched_at=NOW,
    )
    Sample.objects.exclude(pk__in=[sample.pk, cleaned.pk]).delete()
    factories.make_embedding(voice, 1.0)
    files = [sample.path, cleaned.path, clip.path, preview.path]
    return SimpleNamespace(
        voice=voice, job=job, speaker=job.batch.speaker, sample=sample, proof=proof, files=files
    )


@pytest.fixture
def life(cast: Any, stub: Any) -> SimpleNamespace:
    return make_life(cast, stub)


def start(cast: Any, life: Any, clock: Any, **values: Any) -> Withdrawal:
    values = {"reason": "She asked us to.", **values}
    made = request_withdrawal(cast.ana, speaker=life.speaker, now=clock(), **values)
    approve_withdrawal(cast.ana, withdrawal=made, now=clock())
    return made


def sweep(clock: Any, most: int = 60, step: timedelta = timedelta(seconds=5)) -> None:
    """Do what the schedule and the workers do, until nothing is due for a while."""
    for _ in range(most):
        start_due_withdrawals(clock())
        due = Erasure.objects.filter(due_work(clock()), state__in=Erasure.ACTIVE_STATES)
        for erasure in list(due.order_by("position")):
            run_erasure(erasure.pk, clock)
        settle_finished(clock())
        if not Withdrawal.objects.erasing().exists():
            return
        clock.now += step


def outcomes(withdrawal: Withdrawal) -> dict[str, str]:
    return dict(withdrawal.erasures.order_by("turn", "pk").values_list("kind", "state"))


def deleted_ids(stub: Any) -> list[str]:
    return [call[1] for call in stub.asked if call[0] == "delete"]


def demand_whole(life: Any, withdrawal: Withdrawal, stub: Any) -> None:
    """Check that nothing of the speaker is left, here or at the provider."""
    withdrawal.refresh_from_db()
    assert withdrawal.is_complete
    assert [each.remote_id for each in stub.listed] == ["r-other"]
    assert not any(media_path(path).exists() for path in life.files)
    assert not SynthesizedClip.objects.exists()
    found = outcomes(withdrawal)
    # A provider that answered a worker who died no longer knows the voice.
    assert found.pop(Kind.VOICE) in {State.ERASED, State.GONE}
    assert found == {
        Kind.PREVIEW: State.ERASED,
        Kind.SPEECH: State.ERASED,
        Kind.EMBEDDING: State.ERASED,
        Kind.SAMPLE: State.ERASED,
        Kind.CLEANED: State.ERASED,
        Kind.PROOF: State.KEPT,
        Kind.BACKUP: State.LEFT,
    }
    life.voice.refresh_from_db()
    assert life.voice.gone_reason == "Erased, because the speaker withdrew their permission."


def test_every_copy_is_erased_and_reported(cast, life, stub, clock):
    withdrawal = start(cast, life, clock)

    sweep(clock)

    demand_whole(life, withdrawal, stub)
    report = json.loads(withdrawal.report)
    assert (report["speaker"], report["requested_by"], len(report["copies"])) == ("Ada", "Ana", 8)
    copy = next(each for each in report["copies"] if each["kind"] == "voice")
    assert (copy["outcome"], copy["remote_id"], copy["calls"]) == ("erased", "r-ada", 1)
    assert "doesn't say" in copy["not_promised"]
    sample = next(each for each in report["copies"] if each["kind"] == "sample")
    assert sample["sha256"] == life.sample.sha256
    assert Speaker.objects.get().withdrawing_since is None
    assert "withdrew" in find_voice_obstacle(life.voice, clock().date())
    assert AuditEntry.objects.filter(action="copy erased").count() == 6
    assert media_path(life.proof).exists()


def test_nothing_is_erased_before_the_approval_but_all_is_blocked(cast, life, stub, clock):
    queued = factories.make_speech(cast.mia, life.voice, "Hi.")

    request_withdrawal(None, speaker=life.speaker, now=clock())
    sweep(clock, 3)

    queued.refresh_from_db()
    assert queued.state == "failed"
    assert "withdrew" in find_voice_obstacle(life.voice, clock().date())
    assert deleted_ids(stub) == []
    assert all(media_path(path).exists() for path in life.files)
    notification = Notification.objects.get(page="withdrawal", user=cast.ana)
    assert "was withdrawn by the speaker" in notification.text


def test_withdrawal_that_nobody_looks_at_is_erased_after_a_week(cast, life, stub, clock):
    withdrawal = request_withdrawal(None, speaker=life.speaker, now=clock())
    clock.now += timedelta(days=7)

    sweep(clock)

    demand_whole(life, withdrawal, stub)
    assert withdrawal.approved_by is None


@contextmanager
def dying_at(number: int, monkeypatch: Any, stub: Any) -> Iterator[Callable[[], bool]]:
    """Kill the worker after its n-th write, call, or deleted file, once."""
    seen = 0

    def _die() -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise WorkerDied

    def _mortal(work: Any) -> Any:
        def call(*args: Any, **values: Any) -> Any:
            result = work(*args, **values)
            _die()
            return result

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Lease, "write", _mortal(Lease.write))
        patch.setattr(FolderStore, "remove", _mortal(FolderStore.remove))
        patch.setattr(finish, "write_report", _mortal(finish.write_report))
        patch.setattr(stub, "delete", _mortal(stub.delete))
        yield lambda: seen >= number


def test_death_anywhere_loses_and_doubles_nothing(cast, stub, clock, monkeypatch):
    number, is_over = 0, False
    while not is_over:
        number += 1
        with transaction.atomic():
            life = make_life(cast, stub)
            stub.asked.clear()
            withdrawal = start(cast, life, clock)
            with dying_at(number, monkeypatch, stub) as has_died:
                try:
                    sweep(clock)
                except WorkerDied:
                    clock.now += LEASE + timedelta(seconds=1)
                    sweep(clock)
                is_over = not has_died()
            demand_whole(life, withdrawal, stub)
            assert len(deleted_ids(stub)) <= 2
            assert AuditEntry.objects.filter(action="withdrawal completed").count() == 1
            transaction.set_rollback(True)
    assert number > 15


def test_provider_that_fails_leaves_it_incomplete_until_it_is_retried(cast, life, stub, clock):
    stub.fails["delete"] = [ProviderError("Something broke.")] * 200
    withdrawal = start(cast, life, clock)
    sweep(clock, 20)

    withdrawal.refresh_from_db()
    assert (withdrawal.is_complete, withdrawal.state_words) == (False, "Not complete")
    voice = withdrawal.erasures.get(kind=Kind.VOICE)
    assert (voice.state, voice.message) == (State.WAITING, "Something broke.")

    clock.now += timedelta(days=1)
    sweep(clock, 2)
    voice.refresh_from_db()
    assert voice.state == State.FAILED
    assert Notification.objects.filter(user=cast.ana, mood="fail", text__contains="not complete")

    stub.fails.clear()
    retry_erasures(cast.ana, withdrawal=withdrawal, now=clock(), erasure=voice)
    sweep(clock)

    demand_whole(life, withdrawal, stub)


def test_tries_are_further_and_further_apart(cast, life, stub, clock):
    stub.fails["delete"] = [TryLater("Busy."), PermissionMissing("No right."), TryLater("Busy.")]
    withdrawal = start(cast, life, clock)
    waits = []
    for _ in range(3):
        voice = withdrawal.erasures.get(kind=Kind.VOICE)
        run_erasure(voice.pk, clock)
        voice.refresh_from_db()
        waits.append((voice.not_before - clock.now).total_seconds())
        clock.now = voice.not_before

    assert waits == [2, 4, 8]


def test_legal_hold_blocks_what_belongs_to_the_voice_until_it_is_lifted(cast, life, stub, clock):
    hold = factories.protect(life.voice, cast.ana, kind="hold", reason="Court order")
    withdrawal = start(cast, life, clock)
    sweep(clock, 3)

    held = outcomes(withdrawal)
    assert {held[kind] for kind in (Kind.VOICE, Kind.PREVIEW, Kind.SPEECH, Kind.SAMPLE)} == {
        State.HELD
    }
    message = withdrawal.erasures.get(kind=Kind.VOICE).message
    assert message == "Legal hold by Ana: Court order."
    assert deleted_ids(stub) == []

    hold.delete()
    sweep(clock, step=timedelta(minutes=20))

    demand_whole(life, withdrawal, stub)


def test_pinned_voice_is_erased(cast, life, stub, clock):
    factories.protect(life.voice, cast.ana)
    withdrawal = start(cast, life, clock)

    sweep(clock)

    demand_whole(life, withdrawal, stub)


def test_what_a_provider_cannot_delete_is_hidden_and_said(cast, life, stub, clock):
    account = factories.make_account(cast.aurora, provider="stepfun")
    key = factories.make_credential(cast.ana, account)
    other = factories.make_clone(account, "Ada S", remote_id="s-ada")
    factories.make_job(cast.ana, key, batch=life.job.batch, state="ready", voice=other)
    withdrawal = start(cast, life, clock)

    sweep(clock)

    other.refresh_from_db()
    erasure = withdrawal.erasures.get(account=account)
    assert (erasure.state, other.is_archived, other.is_gone) == (State.ARCHIVED, True, False)
    assert erasure.message.startswith("StepFun can't delete voices.")
    withdrawal.refresh_from_db()
    assert withdrawal.is_complete
    assert "Ask StepFun to erase them" in withdrawal.report


def test_key_of_somebody_else_is_used_and_without_one_it_waits(cast, life, stub, clock):
    type(cast.credential).objects.update(is_shared=False, owner=cast.mia)
    withdrawal = start(cast, life, clock)
    cast.credential.abilities["delete"] = "no"
    cast.credential.save()
    sweep(clock, 3)
    erasure = withdrawal.erasures.get(kind=Kind.VOICE)
    assert (erasure.state, deleted_ids(stub)) == (State.WAITING, [])
    assert "can't delete this voice" in erasure.message

    cast.credential.abilities["delete"] = "yes"
    cast.credential.save()
    sweep(clock)

    demand_whole(life, withdrawal, stub)


def test_clone_in_progress_is_canceled_and_its_voice_removed(cast, life, stub, clock, monkeypatch):
    running = factories.make_job(
        *(cast.ana, cast.credential),
        batch=life.job.batch,
        state=CloneJob.State.WAITING,
        step=CloneJob.Step.CONFIRMED,
        sent_at=NOW,
        remote_id="r-new",
    )
    unsent = factories.make_job(cast.ana, cast.credential, batch=life.job.batch)
    stub.listed.append(remote_voice("r-new", "New"))
    monkeypatch.setattr("catalog.jobs.clones.run.open_provider", stub.open)
    withdrawal = start(cast, life, clock)
    unsent.refresh_from_db()
    assert unsent.state == CloneJob.State.FAILED

    sweep(clock, 3)
    withdrawal.refresh_from_db()
    assert not withdrawal.is_complete
    run_clone(running.pk, clock)
    sweep(clock)

    running.refresh_from_db()
    assert running.state == CloneJob.State.CANCELLED
    assert sorted(deleted_ids(stub)) == ["r-ada", "r-new"]
    withdrawal.refresh_from_db()
    assert withdrawal.is_complete
    assert "deleted" in withdrawal.erasures.get(kind=Kind.JOB).message


def test_copy_that_appears_meanwhile_is_found_before_the_end(cast, life, stub, clock):
    withdrawal = start(cast, life, clock)
    late = factories.make_clone(cast.account, "Late", remote_id="r-late", marker=life.job.marker)
    stub.listed.append(remote_voice("r-late", "Late"))

    sweep(clock)

    late.refresh_from_db()
    assert late.is_gone
    assert withdrawal.erasures.filter(kind=Kind.VOICE, state=State.ERASED).count() == 2


def test_voice_that_comes_back_is_listed_and_erased_again(cast, life, stub, clock):
    withdrawal = start(cast, life, clock)
    sweep(clock)
    first = Withdrawal.objects.get().report
    clock.now += timedelta(hours=1)
    assert reopen_returned(clock()) == []
    stub.listed.append(remote_voice("r-ada", "Ada"))
    Voice.objects.filter(pk=life.voice.pk).update(remote_deleted_at=None)

    assert len(reopen_returned(clock())) == 1

    withdrawal.refresh_from_db()
    assert (withdrawal.is_complete, Speaker.objects.get().withdrawing_since) == (False, clock.now)
    sweep(clock)
    demand_whole(life, withdrawal, stub)
    turns = withdrawal.erasures.filter(kind=Kind.VOICE).values_list("turn", "state")
    assert sorted(turns) == [(1, State.ERASED), (2, State.ERASED)]
    assert json.loads(withdrawal.report)["replaces"] == finish.hash_report(first)


def test_voices_of_a_speaker_who_was_merged_are_not_erased_with_those_that_come_back(
    cast, life, stub, clock
):
    start(cast, life, clock)
    sweep(clock)
    other = factories.make_clone(cast.account, "Other", remote_id="r-other")
    batch = factories.make_batch(cast.ana, cast.aurora)
    factories.make_job(cast.ana, cast.credential, batch=batch, state="ready", voice=other)
    Consent.objects.filter(pk=batch.consent_id).update(ends_on=NOW.date())
    clock.now += timedelta(days=2)
    Voice.objects.filter(pk=life.voice.pk).update(remote_deleted_at=None)

    reopen_returned(clock())
    sweep(clock)

    other.refresh_from_db()
    life.voice.refresh_from_db()
    assert (life.voice.is_gone, other.is_gone) == (True, False)


def test_voice_of_a_speaker_who_agreed_again_may_come_back(cast, life, stub, clock):
    start(cast, life, clock)
    sweep(clock)
    clock.now += timedelta(hours=1)
    Consent.objects.create(speaker=life.speaker, attested_by=cast.ana, attested_at=clock())
    Voice.objects.filter(pk=life.voice.pk).update(remote_deleted_at=None)

    assert reopen_returned(clock()) == []


@pytest.mark.parametrize("keeps_proofs", [True, False])
def test_proofs_are_kept_for_three_years_or_erased_at_once(cast, life, stub, clock, keeps_proofs):
    withdrawal = start(cast, life, clock, keeps_proofs=keeps_proofs)
    sweep(clock)
    assert media_path(life.proof).exists() == keeps_proofs
    clock.now += timedelta(days=3 * 365 + 1)

    for pk in release_proofs(clock()):
        run_erasure(pk, clock)

    assert not media_path(life.proof).exists()
    withdrawal.refresh_from_db()
    assert json.loads(withdrawal.report)["copies"][-2]["outcome"] == "erased"


def test_blind_comparison_loses_its_disguised_copy(cast, life, stub, clock):
    made = factories.make_comparison(cast.ana, [life.voice], "Hi.")
    path = factories.make_sample(cast.ana, cast.aurora).path
    ComparedVoice.objects.filter(comparison=made).update(disguised_path=path)
    start(cast, life, clock)

    sweep(clock)

    assert not media_path(path).exists()
    assert ComparedVoice.objects.get(comparison=made).disguised_path == ""
