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

    def clone(self, wish: CloneParams) -> CloneResult:
        answer = self.on_clone.pop(0) if self.on_clone else "ok"
        if isinstance(answer, Exception) and not isinstance(answer, errors.OutcomeUnknown):
            raise answer
        if answer != "lost before":
            self.make(wish.marker, wish.name)
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
    """Play the sweep: wake the job whenever it is due, until it has ended."""
    for _ in range(most):
        run_clone(job.pk, clock)
        job.refresh_from_db()
        if job.is_finished:
            return job
        clock.now = max(clock.now, job.not_before or clock.now) + timedelta(seconds=1)
    raise AssertionError(f"The job did not end: {job.state}, {job.message}")


def test_a_clone_is_made_fetched_and_listed(job, provider, clock):
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


def test_a_job_that_ended_is_left_alone_by_late_messages(job, provider, clock):
    run_to_end(job, clock)

    for _ in range(3):
        run_clone(job.pk, clock)

    assert provider.created == 1


def test_two_messages_at_once_run_the_job_once(job, provider, clock):
    lease = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )

    run_clone(job.pk, clock)

    assert lease is not None
    assert provider.created == 0


def test_a_lost_answer_is_settled_by_looking_and_adopts_the_voice(job, provider, clock):
    provider.on_clone = [errors.OutcomeUnknown("lost")]

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.UNKNOWN)
    assert "Checking" in job.message
    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1


def test_a_clone_that_never_arrived_is_sent_again_only_after_two_late_empty_looks(
    job, provider, clock
):
    provider.on_clone = ["lost before"]
    started = clock.now

    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1
    assert provider.look_count >= 2
    assert job.sent_at - started >= timedelta(seconds=120)


def test_a_voice_that_appears_late_but_in_time_is_adopted(job, provider, clock):
    provider.on_clone = ["lost before"]
    run_clone(job.pk, clock)
    clock.move(seconds=60)
    run_clone(job.pk, clock)

    provider.make(job.marker)
    run_to_end(job, clock)

    assert job.state == State.READY
    assert provider.created == 1


@pytest.mark.parametrize("step", [Step.SENT, Step.UNKNOWN])
def test_a_worker_that_died_after_sending_leads_to_a_look_and_not_to_a_call(
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


def test_a_worker_that_died_after_the_confirmation_only_fetches(job, provider, clock):
    provider.make(job.marker)
    CloneJob.objects.filter(pk=job.pk).update(
        state=State.RUNNING, step=Step.CONFIRMED, remote_id="remote-1", sent_at=clock.now
    )

    run_to_end(job, clock)

    assert job.state == State.READY
    assert (provider.created, provider.look_count) == (1, 0)


def test_a_doubled_voice_that_carries_our_marker_is_removed_and_logged(job, provider, clock):
    provider.make(job.marker)
    provider.make(job.marker)
    provider.make("somebody else's")
    CloneJob.objects.filter(pk=job.pk).update(step=Step.UNKNOWN, sent_at=clock.now)

    run_to_end(job, clock)

    assert job.remote_id == "remote-1"
    assert provider.deleted == ["remote-2"]
    assert "remote-3" in provider.voices
    assert AuditEntry.objects.get(action="double removed").facts["remote_id"] == "remote-2"


def test_a_look_that_fails_is_no_answer_and_never_leads_to_a_second_call(job, provider, clock):
    provider.on_clone = ["lost before"]
    provider.on_look = [errors.TryLater("down") for _ in range(40)]

    run_clone(job.pk, clock)
    for _ in range(20):
        clock.move(minutes=10)
        run_clone(job.pk, clock)

    job.refresh_from_db()
    assert provider.created == 0
    assert job.step == Step.UNKNOWN


def test_what_cannot_be_settled_for_a_day_asks_for_a_look_with_the_evidence(job, provider, clock):
    provider.on_clone = ["lost before"]
    provider.on_look = [errors.TryLater("The list is down.") for _ in range(1000)]

    run_to_end(job, clock, most=1000)

    assert job.state == State.NEEDS_LOOK
    assert job.evidence[0]["said"] == "The connection broke."
    assert job.evidence[-1]["said"] == "The list is down."
    assert provider.created == 0


def test_a_provider_that_asks_for_patience_is_asked_again_after_it(job, provider, clock):
    provider.on_clone = [errors.TryLater("Too many requests.", retry_after=90)]

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.PLANNED)
    assert timedelta(seconds=90) <= job.not_before - clock.now <= timedelta(seconds=99)
    assert find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now) == []
    run_to_end(job, clock)
    assert provider.created == 1


def test_waiting_for_a_provider_that_takes_nothing_is_no_attempt_however_long(job, provider, clock):
    provider.on_clone = [errors.TryLater("Too many requests.") for _ in range(30)]

    run_to_end(job, clock)

    assert (job.state, job.attempt_count, provider.created) == (State.READY, 1, 1)


def test_a_provider_that_takes_nothing_for_a_day_ends_the_job(job, provider, clock):
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
def test_a_refusal_ends_the_job_in_the_provider_s_words(job, provider, clock, refusal):
    provider.on_clone = [refusal]

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert job.message == refusal.message
    assert provider.created == 0


def test_a_key_revoked_in_mid_job_turns_red_and_the_job_waits_for_another_with_one_notice(
    cast, job, provider, clock
):
    other = factories.make_job(cast.ana, cast.credential, factories.sample_of(job))
    provider.on_clone = [errors.CredentialRejected("ElevenLabs rejected this key.")]

    for _ in range(3):
        run_clone(job.pk, clock)
        run_clone(other.pk, clock)
        clock.move(minutes=2)

    job.refresh_from_db()
    assert (job.state, job.step, job.attempt_count) == (State.WAITING, Step.PLANNED, 0)
    assert "Replace it to continue" in job.message
    assert (Notification.objects.count(), provider.created) == (1, 0)
    Credential.objects.filter(pk=cast.credential.pk).update(health="good")
    run_to_end(job, clock)
    run_to_end(other, clock)
    assert provider.created == 2


def test_another_key_of_the_account_takes_over_from_a_refused_one(cast, job, provider, clock):
    factories.make_credential(cast.ana, cast.account)
    provider.on_clone = [errors.CredentialRejected("ElevenLabs rejected this key.")]

    run_to_end(job, clock)

    assert (job.state, provider.created) == (State.READY, 1)


def test_a_refused_key_that_nobody_replaces_for_a_day_ends_the_job(cast, job, provider, clock):
    provider.on_clone = [errors.CredentialRejected("ElevenLabs rejected this key.")]
    run_clone(job.pk, clock)
    clock.move(hours=25)

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert "wasn't replaced in 24 hours" in job.message


def test_a_clock_that_jumps_ahead_brings_no_second_call_before_the_provider_had_its_time(
    job, provider, clock
):
    provider.on_clone = ["lost before"]
    run_clone(job.pk, clock)
    jumped = clock.move(hours=1)

    run_to_end(job, clock)

    assert job.sent_at - jumped >= timedelta(seconds=job.account.info.settle_seconds)


def test_a_sample_that_is_not_sound_fails_before_anything_is_sent(cast, provider, clock):
    nonsense = b"RIFF\x00\x00\x00\x00WAVEnonsense"
    sample = factories.make_sample(cast.ana, cast.aurora, nonsense, seconds=None)
    job = factories.make_job(cast.ana, cast.credential, sample)

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert "decoded" in job.message
    assert provider.created == 0


def test_one_account_makes_one_voice_at_a_time(cast, job, provider, clock):
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


def test_ready_is_only_said_of_a_voice_that_can_be_fetched(job, provider, clock):
    provider.on_fetch = [errors.NotFound("Not yet."), errors.TryLater("Busy.")]

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.CONFIRMED)
    run_to_end(job, clock)

    assert (job.state, provider.created) == (State.READY, 1)


def test_a_voice_that_the_provider_still_makes_is_waited_for(job, provider, clock):
    provider.state = VoiceState.PENDING

    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert job.state == State.WAITING
    assert "still making" in job.message
    provider.state = VoiceState.READY
    run_to_end(job, clock)

    assert job.voice.state == Voice.State.READY


def test_a_frozen_worker_whose_lease_ran_out_writes_nothing(job, provider, clock):
    frozen = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    clock.move(seconds=LEASE.total_seconds() + 1)
    run_to_end(job, clock)

    with pytest.raises(clones.LeaseLost):
        frozen.write(state=State.FAILED)

    job.refresh_from_db()
    assert job.state == State.READY


def test_a_removed_key_stops_a_job_that_was_not_sent(job, provider, clock):
    CloneJob.objects.filter(pk=job.pk).update(credential=None)

    run_to_end(job, clock)

    assert job.state == State.FAILED
    assert "key was removed" in job.message


def test_the_sweep_wakes_each_due_job_once_in_half_a_minute(job, clock):
    first = find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)
    second = find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)
    clock.move(seconds=31)
    third = find_due(CloneJob, CloneJob.ACTIVE_STATES, clock.now)

    assert (first, second, third) == ([job.pk], [], [job.pk])


def test_what_is_at_the_provider_is_kept_before_the_next_call_and_given_to_the_next_attempt(
    job, provider, clock
):
    seen = []

    def clone(wish):
        seen.append(dict(wish.progress))
        wish.keep_progress({"file_id": "file-1"})
        if len(seen) == 1:
            raise errors.TryLater("Too many requests.", retry_after=1)
        provider.make(wish.marker)
        return CloneResult("remote-1")

    provider.clone = clone

    run_to_end(job, clock)

    assert seen == [{}, {"file_id": "file-1"}]
    assert job.state == State.READY


def test_a_voice_to_which_its_provider_gives_no_name_keeps_the_one_that_was_wished_for(
    job, provider, clock, monkeypatch
):
    info = dataclasses.replace(job.account.info, can_rename=False)
    monkeypatch.setattr(get_adapter(job.account.provider), "info", info)

    def clone(wish):
        provider.make(wish.marker, "Clone 17")
        return CloneResult("remote-1")

    provider.clone = clone

    run_to_end(job, clock)

    voice = Voice.objects.get()
    assert (voice.name, voice.shown_name, job.name) == ("Clone 17", "Our Ada", "Our Ada")


def test_a_voice_of_which_its_provider_says_nothing_has_the_labels_that_were_wished_for(
    job, provider, clock
):
    CloneJob.objects.filter(pk=job.pk).update(gender="female", language="de")
    job.refresh_from_db()

    run_to_end(job, clock)

    voice = Voice.objects.get()
    told = {"gender": "female", "language": "de"}
    assert {name: getattr(voice, name) for name in told} == voice.own_labels == told


# Cancelling


def ask_to_cancel(job: CloneJob, clock: Clock) -> None:
    CloneJob.objects.filter(pk=job.pk).update(cancel_asked_at=clock.now, not_before=None)


def test_a_voice_that_was_made_before_the_cancelling_is_removed_at_its_provider(
    job, provider, clock
):
    provider.state = VoiceState.PENDING
    run_clone(job.pk, clock)
    ask_to_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, ["remote-1"])
    assert Voice.objects.get().is_gone
    assert "deleted" in job.message
    job.account.refresh_from_db()
    assert job.account.busy_with is None


def test_a_cancelled_job_whose_answer_got_lost_is_looked_for_and_what_is_found_removed(
    job, provider, clock
):
    provider.on_clone = [errors.OutcomeUnknown("lost")]
    run_clone(job.pk, clock)
    ask_to_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.deleted, provider.voices) == (State.CANCELLED, ["remote-1"], {})


def test_a_cancelled_job_that_made_nothing_is_never_sent_again(job, provider, clock):
    provider.on_clone = ["lost before"]
    run_clone(job.pk, clock)
    ask_to_cancel(job, clock)

    run_to_end(job, clock)

    assert (job.state, provider.created, provider.deleted) == (State.CANCELLED, 0, [])


def test_cancelling_while_the_call_is_under_way_removes_what_comes_of_it(job, provider, clock):
    made = provider.make
    provider.make = lambda *words: (made(*words), ask_to_cancel(job, clock))

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, ["remote-1"])


def test_cancelling_at_the_very_end_is_heard_too(job, provider, clock, monkeypatch):
    write = clones.write_voices

    def write_late(*values: Any, **more: Any) -> Any:
        ask_to_cancel(job, clock)
        return write(*values, **more)

    monkeypatch.setattr(clones, "write_voices", write_late)

    run_to_end(job, clock)

    assert (job.state, provider.deleted) == (State.CANCELLED, ["remote-1"])


def test_a_removal_that_fails_is_tried_until_the_voice_is_gone(job, provider, clock):
    provider.state = VoiceState.PENDING
    run_clone(job.pk, clock)
    ask_to_cancel(job, clock)
    delete, fails = provider.delete, [errors.TryLater("Busy."), errors.TryLater("Busy.")]

    def delete_at_last(remote_id: str) -> None:
        if fails:
            raise fails.pop()
        delete(remote_id)

    provider.delete = delete_at_last
    run_clone(job.pk, clock)
    job.refresh_from_db()
    assert "could not be deleted yet" in job.message

    run_to_end(job, clock)

    assert (job.state, provider.voices) == (State.CANCELLED, {})


def test_where_nothing_can_be_deleted_the_job_says_that_the_voice_stays(
    job, provider, clock, monkeypatch
):
    provider.state = VoiceState.PENDING
    run_clone(job.pk, clock)
    info = dataclasses.replace(job.account.info, can_delete=False)
    monkeypatch.setattr(ProviderAccount, "info", info)
    ask_to_cancel(job, clock)

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
def test_whoever_asked_is_told_once_how_a_job_ended(job, provider, clock, answers, mood, words):
    provider.on_clone = answers

    run_to_end(job, clock)
    run_clone(job.pk, clock)

    notice = Notification.objects.get()
    assert (notice.user, notice.job, notice.mood) == (job.requested_by, job, mood)
    assert words in notice.text


def test_a_consent_that_has_ended_meanwhile_lets_nothing_be_sent(job, provider, clock):
    Consent.objects.update(ends_on=(clock.now - timedelta(days=1)).date())

    run_to_end(job, clock)

    assert (job.state, provider.created) == (State.FAILED, 0)
    assert "consent has ended" in job.message


def test_the_job_says_what_was_sent(job, provider, clock):
    run_to_end(job, clock)

    assert job.sent_form == "The recording as uploaded."
