"""The clone's state machine: exactly one voice per request, despite any failure."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.jobs.base.leases import LEASE, claim_work, find_due
from catalog.jobs.clones import run as clones
from catalog.jobs.clones.run import run_clone
from catalog.models import (
    AuditEntry,
    CloneJob,
    Consent,
    Credential,
    Notification,
    ProviderAccount,
    Voice,
)
from catalog.providers import errors
from catalog.providers.key_checks import Slots
from catalog.providers.registry import get_adapter
from catalog.providers.types import CloneParams, CloneResult, Kind, RemoteVoice, VoiceState
from tests import factories
from tests.conftest import Clock, make_wav
from tests.media import store_gone

State, Step = CloneJob.State, CloneJob.Step


class StubProvider:
    """An in-memory provider that makes voices, loses responses, and records requests."""

    def __init__(self) -> None:
        self.voices: dict[str, RemoteVoice] = {}
        self.created = 0
        self.deleted: list[str] = []
        self.look_count = 0
        self.on_clone: list[Exception | str] = []
        self.on_look: list[Exception] = []
        self.on_fetch: list[Exception] = []
        self.state = VoiceState.READY

    def clone(self, params: CloneParams) -> CloneResult:
        answer = self.on_clone.pop(0) if self.on_clone else "ok"
        if isinstance(answer, Exception) and not isinstance(answer, errors.OutcomeUnknown):
            raise answer
        if answer != "lost before":
            self.make(params.marker, params.name)
        if answer == "lost before" or isinstance(answer, Exception):
            raise errors.OutcomeUnknown("The connection broke.", request_id="r-1")
        return CloneResult(f"remote-{self.created}")

    def make(self, marker: str, name: str = "Our Ada") -> None:
        self.created += 1
        remote_id = f"remote-{self.created}"
        self.voices[remote_id] = RemoteVoice(
            remote_id, name, description=f"Warm. {marker}", kind=Kind.CLONE, is_owned=True
        )

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        self.look_count += 1
        if self.on_look:
            raise self.on_look.pop(0)
        return [voice for voice in self.voices.values() if marker in voice.description]

    def voice(self, remote_id: str) -> RemoteVoice:
        if self.on_fetch:
            raise self.on_fetch.pop(0)
        if remote_id not in self.voices:
            raise errors.NotFound("No such voice.")
        found = self.voices[remote_id]
        return RemoteVoice(
            found.remote_id,
            found.name,
            description=found.description,
            kind=found.kind,
            is_owned=True,
            state=self.state,
        )

    def delete(self, remote_id: str) -> None:
        self.deleted.append(remote_id)
        del self.voices[remote_id]

    def slots(self) -> Slots:
        return Slots(len(self.voices), 30)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> StubProvider:
    stub = StubProvider()

    @contextmanager
    def open_stub(*_: Any) -> Iterator[StubProvider]:
        yield stub

    monkeypatch.setattr(clones, "open_provider", open_stub)
    return stub


@pytest.fixture
def job(cast: SimpleNamespace) -> CloneJob:
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(1.5))
    sample.seconds = None
    sample.save()
    return factories.make_job(cast.ana, cast.credential, sample)


def run_to_end(job: CloneJob, clock: Clock, *, most: int = 60) -> CloneJob:
    """Run the job whenever it is due, as the sweep does, until it has ended."""
    for _ in range(most):
        run_clone(job.pk, clock)
        job.refresh_from_db()
        if job.is_finished:
            return job
        clock.now = max(clock.now, job.not_before or clock.now) + timedelta(seconds=1)
    raise AssertionError(f"The job did not end: {job.state}, {job.message}")


def test_clone_is_made_fetched_and_listed(job, provider, clock):
    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1
    voice = Voice.objects.get(account=job.account)
    assert job.voice == voice
    assert voice.remote_id == "remote-1"
    assert voice.description == "Warm."
    assert voice.marker == job.marker
    job.account.refresh_from_db()
    assert (job.account.slots_used, job.account.busy_with) == (1, None)
    assert AuditEntry.objects.filter(action="clone ready").count() == 1


def test_clone_waits_for_the_store_of_files_and_sends_nothing(job, provider, clock, monkeypatch):
    with store_gone(monkeypatch):
        run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.state == State.WAITING
    assert "file store isn't responding" in job.message
    assert provider.created == 0
    assert run_to_end(job, clock).state == State.READY


def test_late_messages_do_not_rerun_a_finished_job(job, provider, clock):
    run_to_end(job, clock)

    for _ in range(3):
        run_clone(job.pk, clock)

    assert provider.created == 1


def test_job_held_by_another_worker_is_not_run(job, provider, clock):
    lease = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )

    run_clone(job.pk, clock)

    assert lease is not None
    assert provider.created == 0


def test_voice_whose_answer_was_lost_is_found_and_adopted(job, provider, clock):
    provider.on_clone = [errors.OutcomeUnknown("lost")]

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.UNKNOWN)
    assert "Checking" in job.message
    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1


def test_lost_request_is_resent_only_after_two_late_empty_lookups(job, provider, clock):
    provider.on_clone = ["lost before"]
    started = clock.now

    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1
    assert provider.look_count >= 2
    assert job.sent_at - started >= timedelta(seconds=120)


def test_voice_that_appears_within_the_settle_time_is_adopted(job, provider, clock):
    provider.on_clone = ["lost before"]
    run_clone(job.pk, clock)
    clock.move(seconds=60)
    run_clone(job.pk, clock)

    provider.make(job.marker)
    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1


@pytest.mark.parametrize("step", [Step.SENT, Step.UNKNOWN])
def test_next_worker_looks_for_the_voice_if_the_last_one_died_after_sending(
    job, provider, clock, step
):
    provider.make(job.marker)
    CloneJob.objects.filter(pk=job.pk).update(
        state=State.RUNNING, step=step, sent_at=clock.now, lease_until=clock.now + LEASE, fence=1
    )

    run_clone(job.pk, clock)
    assert provider.look_count == 0
    clock.move(seconds=LEASE.total_seconds() + 1)
    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1


def test_next_worker_only_fetches_if_the_last_one_died_after_confirmation(job, provider, clock):
    provider.make(job.marker)
    CloneJob.objects.filter(pk=job.pk).update(
        state=State.RUNNING, step=Step.CONFIRMED, remote_id="remote-1", sent_at=clock.now
    )

    run_to_end(job, clock)

    assert job.state == State.READY
    assert (provider.created, provider.look_count) == (1, 0)


def test_duplicate_voice_with_our_marker_is_deleted_and_logged(job, provider, clock):
    provider.make(job.marker)
    provider.make(job.marker)
    provider.make("another marker")
    CloneJob.objects.filter(pk=job.pk).update(step=Step.UNKNOWN, sent_at=clock.now)

    run_to_end(job, clock)

    assert job.remote_id == "remote-1"
    assert provider.deleted == ["remote-2"]
    assert "remote-3" in provider.voices
    assert AuditEntry.objects.get(action="duplicate removed").facts["remote_id"] == "remote-2"


def test_failed_lookups_never_lead_to_a_second_call(job, provider, clock):
    provider.on_clone = ["lost before"]
    provider.on_look = [errors.TryLater("down") for _ in range(40)]

    run_clone(job.pk, clock)
    for _ in range(20):
        clock.move(minutes=10)
        run_clone(job.pk, clock)

    job.refresh_from_db()
    assert provider.created == 0
    assert job.step == Step.UNKNOWN


def test_clone_still_unclear_after_a_day_needs_review_with_the_evidence(job, provider, clock):
    provider.on_clone = ["lost before"]
    provider.on_look = [errors.TryLater("The list is down.") for _ in range(1000)]

    run_to_end(job, clock, most=1000)

    assert job.state == State.NEEDS_LOOK
    assert job.evidence[0]["said"] == "The connection broke."
    assert job.evidence[-1]["said"] == "The list is down."
    assert provider.created == 0


def test_clone_is_retried_after_the_time_the_provider_asks_for(job, provider, clock):
    provider.on_clone = [errors.TryLater("Too many requests.", retry_after=90)]

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.PLANNED)
    assert timedelta(seconds=90) <= job.not_before - clock.now <= timedelta(seconds=99)
    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == []
    run_to_end(job, clock)
    assert provider.created == 1


def test_rate_limited_calls_do_not_count_as_attempts(job, provider, clock):
    provider.on_clone = [errors.TryLater("Too many requests.") for _ in range(30)]

    run_to_end(job, clock)

    assert (job.state, job.attempt_count, provider.created) == (State.READY, 1, 1)


def test_job_fails_if_the_provider_is_unreachable_for_a_day(job, provider, clock):
    provider.on_clone = [errors.TryLater("It can't be reached.") for _ in range(1000)]

    run_to_end(job, clock, most=1000)

    assert (job.state, job.step) == (State.FAILED, Step.PLANNED)
    assert "for 24 hours" in job.message
    assert job.can_be_retried


@pytest.mark.parametrize(
    "refusal",
    [
        errors.LimitReached("No free slot."),
        errors.OutOfCredit("No credit left."),
        errors.PermissionMissing("The key lacks voices_write."),
    ],
)
def test_rejected_clone_fails_with_the_provider_message(job, provider, clock, refusal):
    provider.on_clone = [refusal]

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert job.message == refusal.message
    assert provider.created == 0


def test_jobs_wait_for_a_replacement_of_a_rejected_key_with_one_notice(cast, job, provider, clock):
    other = factories.make_job(cast.ana, cast.credential, factories.sample_of(job))
    provider.on_clone = [errors.CredentialRejected("ElevenLabs rejected this key.")]

    for _ in range(3):
        run_clone(job.pk, clock)
        run_clone(other.pk, clock)
        clock.move(minutes=2)

    job.refresh_from_db()
    assert (job.state, job.step, job.attempt_count) == (State.WAITING, Step.PLANNED, 0)
    assert "Replace it to continue" in job.message
    events = Notification.objects.order_by("event").values_list("event", flat=True)
    assert (list(events), provider.created) == (["key", "stuck"], 0)
    Credential.objects.filter(pk=cast.credential.pk).update(health="good")
    run_to_end(job, clock)
    run_to_end(other, clock)
    assert provider.created == 2


def test_another_key_of_the_account_replaces_a_rejected_one(cast, job, provider, clock):
    factories.make_credential(cast.ana, cast.account)
    provider.on_clone = [errors.CredentialRejected("ElevenLabs rejected this key.")]

    run_to_end(job, clock)

    assert (job.state, provider.created) == (State.READY, 1)


def test_job_fails_if_its_rejected_key_is_not_replaced_in_a_day(cast, job, provider, clock):
    provider.on_clone = [errors.CredentialRejected("ElevenLabs rejected this key.")]
    run_clone(job.pk, clock)
    clock.move(hours=25)

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert "wasn't replaced in 24 hours" in job.message


def test_clock_jump_does_not_shorten_the_settle_time(job, provider, clock):
    provider.on_clone = ["lost before"]
    run_clone(job.pk, clock)
    jumped = clock.move(hours=1)

    run_to_end(job, clock)

    assert job.sent_at - jumped >= timedelta(seconds=job.account.info.settle_seconds)


def test_undecodable_sample_fails_before_anything_is_sent(cast, provider, clock):
    nonsense = b"RIFF\x00\x00\x00\x00WAVEnonsense"
    sample = factories.make_sample(cast.ana, cast.aurora, nonsense, seconds=None)
    job = factories.make_job(cast.ana, cast.credential, sample)

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert "decoded" in job.message
    assert provider.created == 0


def test_account_makes_one_voice_at_a_time(cast, job, provider, clock):
    ProviderAccount.objects.filter(pk=job.account_id).update(
        busy_with="00000000-0000-4000-8000-000000000001",
        busy_until=clock.now + timedelta(seconds=20),
    )

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert (job.state, provider.created) == (State.WAITING, 0)
    clock.move(seconds=30)
    run_to_end(job, clock)

    assert provider.created == 1


def test_job_is_ready_only_once_the_voice_can_be_fetched(job, provider, clock):
    provider.on_fetch = [errors.NotFound("Not yet."), errors.TryLater("Busy.")]

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.CONFIRMED)
    run_to_end(job, clock)

    assert (job.state, provider.created) == (State.READY, 1)


def test_job_waits_while_the_provider_is_making_the_voice(job, provider, clock):
    provider.state = VoiceState.PENDING

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert job.state == State.WAITING
    assert "still making" in job.message
    provider.state = VoiceState.READY
    run_to_end(job, clock)

    assert job.voice.state == Voice.State.READY


def test_worker_whose_lease_expired_writes_nothing(job, provider, clock):
    frozen = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    clock.move(seconds=LEASE.total_seconds() + 1)
    run_to_end(job, clock)

    with pytest.raises(clones.LeaseLost):
        frozen.write(state=State.FAILED)

    job.refresh_from_db()
    assert job.state == State.READY


def test_job_that_was_not_sent_fails_if_its_key_was_removed(job, provider, clock):
    CloneJob.objects.filter(pk=job.pk).update(credential=None)

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert "key was removed" in job.message


def test_due_job_is_found_once_in_30_seconds(job, clock):
    first = find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)
    second = find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)
    clock.move(seconds=31)
    third = find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)

    assert (first, second, third) == ([job.pk], [], [job.pk])


def test_saved_progress_is_passed_to_the_next_attempt(job, provider, clock):
    seen = []

    def clone(params):
        seen.append(dict(params.progress))
        params.keep_progress({"file_id": "file-1"})
        if len(seen) == 1:
            raise errors.TryLater("Too many requests.", retry_after=1)
        provider.make(params.marker)
        return CloneResult("remote-1")

    provider.clone = clone

    run_to_end(job, clock)

    assert seen == [{}, {"file_id": "file-1"}]
    assert job.state == State.READY


def test_requested_name_is_shown_if_the_provider_picks_another(job, provider, clock, monkeypatch):
    info = dataclasses.replace(job.account.info, can_rename=False)
    monkeypatch.setattr(get_adapter(job.account.provider), "info", info)

    def clone(params):
        provider.make(params.marker, "Clone 17")
        return CloneResult("remote-1")

    provider.clone = clone

    run_to_end(job, clock)

    voice = Voice.objects.get()
    assert (voice.name, voice.shown_name, job.name) == ("Clone 17", "Our Ada", "Our Ada")


def test_requested_labels_are_used_if_the_provider_reports_none(job, provider, clock):
    CloneJob.objects.filter(pk=job.pk).update(gender="female", language="de")
    job.refresh_from_db()

    run_to_end(job, clock)

    voice = Voice.objects.get()
    labels = {"gender": "female", "language": "de"}
    assert {name: getattr(voice, name) for name in labels} == voice.own_labels == labels


# Canceling


def request_cancel(job: CloneJob, clock: Clock) -> None:
    CloneJob.objects.filter(pk=job.pk).update(cancel_asked_at=clock.now, not_before=None)


def test_canceling_deletes_a_voice_that_was_already_made(job, provider, clock):
    provider.state = VoiceState.PENDING
    run_clone(job.pk, clock)
    request_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, ["remote-1"])
    assert Voice.objects.get().is_gone
    assert "deleted" in job.message
    job.account.refresh_from_db()
    assert job.account.busy_with is None


def test_canceling_finds_and_deletes_a_voice_whose_answer_was_lost(job, provider, clock):
    provider.on_clone = [errors.OutcomeUnknown("lost")]
    run_clone(job.pk, clock)
    request_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.deleted, provider.voices) == (State.CANCELLED, ["remote-1"], {})


def test_canceled_job_that_made_nothing_is_not_resent(job, provider, clock):
    provider.on_clone = ["lost before"]
    run_clone(job.pk, clock)
    request_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.created, provider.deleted) == (State.CANCELLED, 0, [])


def test_canceling_during_the_call_deletes_the_voice(job, provider, clock):
    made = provider.make
    provider.make = lambda *words: (made(*words), request_cancel(job, clock))

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, ["remote-1"])


def test_canceling_while_the_voice_is_stored_deletes_it(job, provider, clock, monkeypatch):
    write = clones.write_voices

    def write_late(*values: Any, **more: Any) -> Any:
        request_cancel(job, clock)
        return write(*values, **more)

    monkeypatch.setattr(clones, "write_voices", write_late)

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, ["remote-1"])


def test_failed_deletion_of_a_canceled_voice_is_retried(job, provider, clock):
    provider.state = VoiceState.PENDING
    run_clone(job.pk, clock)
    request_cancel(job, clock)
    delete, fails = provider.delete, [errors.TryLater("Busy."), errors.TryLater("Busy.")]

    def delete_eventually(remote_id: str) -> None:
        if fails:
            raise fails.pop()
        delete(remote_id)

    provider.delete = delete_eventually
    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert "could not be deleted yet" in job.message

    run_to_end(job, clock)

    assert (job.state, provider.voices) == (State.CANCELLED, {})


def test_canceled_job_says_so_if_the_provider_cannot_delete_the_voice(
    job, provider, clock, monkeypatch
):
    provider.state = VoiceState.PENDING
    run_clone(job.pk, clock)
    info = dataclasses.replace(job.account.info, can_delete=False)
    monkeypatch.setattr(ProviderAccount, "info", info)
    request_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, [])
    assert "can't delete it" in job.message


# Notifications


@pytest.mark.parametrize(
    ("answers", "mood", "words"),
    [
        ([], "done", "Our Ada is ready at ElevenLabs."),
        ([errors.LimitReached("No free slot.")], "fail", "No free slot."),
    ],
)
def test_requester_is_notified_once_when_a_job_ends(job, provider, clock, answers, mood, words):
    provider.on_clone = answers

    run_to_end(job, clock)
    run_clone(job.pk, clock)

    notice = Notification.objects.get()
    assert (notice.user, notice.job, notice.mood) == (job.requested_by, job, mood)
    assert words in notice.text


def test_nothing_is_sent_if_the_consent_has_ended(job, provider, clock):
    Consent.objects.update(ends_on=(clock.now - timedelta(days=1)).date())

    run_to_end(job, clock)

    assert (job.state, provider.created) == (State.FAILED, 0)
    assert "consent ended on" in job.message


def test_job_says_what_was_sent(job, provider, clock):
    run_to_end(job, clock)

    assert job.sent_form == "The recording as uploaded."


def test_clone_that_becomes_ready_notes_its_first_sentence_in_the_same_step(job, provider, clock):
    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.is_ready
    assert bool(job.first_speech) != bool(job.first_speech_note)
