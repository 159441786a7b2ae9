"""Synthesis: charged only once, despite any failure."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from catalog.jobs import syntheses
from catalog.jobs.base.leases import LEASE, claim_work
from catalog.jobs.syntheses import run_speech
from catalog.models import AuditEntry, PreviewClip, Synthesis, SynthesizedClip, Voice
from catalog.providers import errors
from catalog.providers.registry import get_adapter
from catalog.providers.types import AudioClip
from catalog.services.syntheses import cancel_speech
from tests import factories
from tests.media import media_path

State, Step = Synthesis.State, Synthesis.Step


@pytest.fixture
def voice(cast) -> Voice:
    return factories.make_voice(cast.account, remote_id="v-1")


@pytest.fixture
def speech(cast, voice) -> Synthesis:
    return factories.make_speech(cast.mia, voice)


def run_once(speech: Synthesis, clock: Any) -> Synthesis:
    run_speech(speech.pk, clock)
    speech.refresh_from_db()
    return speech


def count_calls(stub) -> int:
    return sum(call[0] == "speak" for call in stub.asked)


def test_text_is_synthesized_measured_and_stored(stub, speech, clock):
    stub.sound = AudioClip(stub.sound.content, "audio/wav", charged=12)

    run_once(speech, clock)

    assert (speech.state, speech.step, speech.is_cached) == (State.DONE, Step.CONFIRMED, False)
    assert stub.asked == [("speak", "v-1", "Hello there.")]
    clip = speech.clip
    assert (clip.charged, clip.content_type, len(clip.peaks)) == (12, "audio/wav", 64)
    assert clip.seconds == pytest.approx(3.0, abs=0.1)
    assert -40 < clip.loudness < 0
    assert media_path(clip.path).read_bytes() == stub.sound.content
    assert AuditEntry.objects.latest("pk").action == "speech generated"


def test_same_text_is_answered_from_the_cache(cast, stub, speech, clock, voice):
    run_once(speech, clock)

    again = run_once(factories.make_speech(cast.ana, voice), clock)

    assert (again.state, again.is_cached) == (State.DONE, True)
    assert again.clip == speech.clip
    assert count_calls(stub) == 1


def test_other_settings_or_texts_are_synthesized_again(cast, stub, speech, clock, voice):
    run_once(speech, clock)

    run_once(factories.make_speech(cast.mia, voice, settings={"speed": 0.8}), clock)
    run_once(factories.make_speech(cast.mia, voice, "Hello."), clock)

    assert count_calls(stub) == 3
    assert SynthesizedClip.objects.count() == 3


def test_clip_without_its_file_is_synthesized_again(cast, stub, speech, clock, voice):
    media_path(run_once(speech, clock).clip.path).unlink()

    again = run_once(factories.make_speech(cast.mia, voice), clock)

    assert (again.state, again.is_cached) == (State.DONE, False)
    assert media_path(again.clip.path).is_file()
    assert SynthesizedClip.objects.count() == 1


def test_lost_answer_is_unclear_and_never_retried(stub, speech, clock):
    stub.fails["speak"] = [errors.OutcomeUnknown("ElevenLabs closed the connection.")]

    run_once(speech, clock)
    clock.move(days=2)
    run_once(speech, clock)

    assert speech.state == State.UNCLEAR
    assert "may have been charged" in speech.message
    assert count_calls(stub) == 1


def test_synthesis_whose_worker_died_after_sending_is_unclear(stub, speech, clock):
    states = Synthesis.ACTIVE_STATES
    lease = claim_work(Synthesis, speech.pk, states=states, running=State.RUNNING, clock=clock)
    lease.write(step=Step.SENT, sent_at=clock())
    clock.move(seconds=LEASE.total_seconds() + 1)

    run_once(speech, clock)

    assert speech.state == State.UNCLEAR
    assert stub.asked == []


def test_free_synthesis_whose_worker_died_is_repeated(stub, speech, clock, free):
    Synthesis.objects.filter(pk=speech.pk).update(step=Step.SENT)

    run_once(speech, clock)

    assert speech.state == State.DONE
    assert count_calls(stub) == 1


def test_synthesis_is_retried_after_the_time_the_provider_asks_for(stub, speech, clock):
    stub.fails["speak"] = [errors.TryLater("Slow down.", retry_after=20)]

    run_once(speech, clock)
    assert (speech.state, speech.step, speech.message) == (
        State.WAITING,
        Step.PLANNED,
        "Slow down.",
    )
    assert timedelta(seconds=20) <= speech.not_before - clock() <= timedelta(seconds=22)
    clock.move(seconds=22)

    assert run_once(speech, clock).state == State.DONE


def test_synthesis_fails_if_the_provider_is_never_reached(stub, speech, clock):
    stub.fails["speak"] = [errors.TryLater("Not reached.") for _ in range(9)]

    for _ in range(9):
        run_once(speech, clock)
        clock.move(minutes=10)

    assert (speech.state, speech.message) == (State.FAILED, "Not reached.")
    assert count_calls(stub) == 5


def test_rejected_synthesis_shows_the_provider_message(stub, speech, clock):
    stub.fails["speak"] = [errors.OutOfCredit("The account at ElevenLabs is out of credit.")]

    run_once(speech, clock)

    assert (speech.state, speech.step) == (State.FAILED, Step.REFUSED)
    assert "out of credit" in speech.message


@pytest.mark.parametrize("content", [b"<html>", b"RIFF\0\0\0\0WAVEdata"])
def test_undecodable_clip_fails_and_says_that_it_may_have_been_charged(
    stub, speech, clock, content
):
    stub.sound = AudioClip(content, "audio/mpeg")

    run_once(speech, clock)

    assert speech.state == State.FAILED
    assert "may have been charged" in speech.message
    assert SynthesizedClip.objects.count() == 0


def test_synthesis_fails_if_its_key_was_removed(cast, stub, speech, clock):
    cast.credential.delete()

    assert run_once(speech, clock).state == State.FAILED
    assert "key was removed" in speech.message
    assert stub.asked == []


def test_same_text_requested_by_two_people_is_one_call(cast, stub, speech, clock, voice):
    other = factories.make_speech(cast.ana, voice)
    stub.while_speaking = lambda: run_speech(other.pk, clock)

    run_once(speech, clock)
    other.refresh_from_db()
    assert (other.state, other.step) == (State.WAITING, Step.PLANNED)
    clock.move(seconds=2)

    run_once(other, clock)
    assert (other.state, other.is_cached) == (State.DONE, True)
    assert count_calls(stub) == 1


def test_synthesis_from_a_restored_backup_is_unclear_and_not_resent(
    stub, speech, clock, monkeypatch
):
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])

    run_once(speech, clock)

    assert (speech.state, count_calls(stub)) == (State.UNCLEAR, 0)
    assert "It may have been charged, so it wasn't retried." in speech.message


def test_rate_limited_text_is_sent_when_it_is_due(stub, speech, clock):
    stub.fails["speak"] = [errors.TryLater("Slow down.", retry_after=900)]
    run_once(speech, clock)
    clock.move(minutes=17)

    assert run_once(speech, clock).state == State.DONE


def test_free_synthesis_is_repeated_after_a_restore(stub, speech, clock, monkeypatch):
    free = dataclasses.replace(get_adapter("elevenlabs").info, speaks_free=True)
    monkeypatch.setattr(get_adapter("elevenlabs"), "info", free)
    monkeypatch.setattr("catalog.jobs.base.restore_doubts._starts", [clock.move(minutes=1)])

    assert run_once(speech, clock).state == State.DONE


def test_synthesis_canceled_in_time_is_not_sent(cast, stub, speech, clock):
    assert cancel_speech(cast.mia, speech=speech, now=clock())

    run_once(speech, clock)

    assert (speech.state, stub.asked) == (State.CANCELLED, [])


def test_synthesis_canceled_between_claim_and_call_is_not_sent(
    cast, stub, speech, clock, monkeypatch
):
    real = syntheses.get_spoken_clip

    def cancel_meanwhile(recipe: str) -> Any:
        assert cancel_speech(cast.mia, speech=speech, now=clock())
        return real(recipe)

    monkeypatch.setattr(syntheses, "get_spoken_clip", cancel_meanwhile)
    run_once(speech, clock)

    assert (speech.state, stub.asked) == (State.CANCELLED, [])


def test_sent_synthesis_cannot_be_canceled(cast, stub, speech, clock):
    answers = []
    stub.while_speaking = lambda: answers.append(
        cancel_speech(cast.mia, speech=speech, now=clock())
    )

    run_once(speech, clock)

    assert (answers, speech.state) == ([False], State.DONE)


def test_free_synthesis_can_be_canceled_anytime_and_its_clip_is_kept(
    cast, stub, speech, clock, free
):
    stub.while_speaking = lambda: cancel_speech(cast.mia, speech=speech, now=clock())

    run_once(speech, clock)

    assert speech.state == State.CANCELLED
    assert SynthesizedClip.objects.filter(recipe=speech.recipe).exists()


def test_generated_preview_is_stored_for_its_voice(cast, stub, clock, voice):
    speech = factories.make_speech(cast.mia, voice, is_preview=True)

    run_once(speech, clock)
    voice.refresh_from_db()

    clip = PreviewClip.objects.get(voice=voice)
    assert (voice.can_play, voice.is_preview_generated, clip.source) == (True, True, "generated")
    assert clip.seconds == pytest.approx(3.0, abs=0.1)


def test_preview_of_a_cached_text_is_not_synthesized_again(cast, stub, clock, voice):
    factories.make_spoken_clip(voice, stub.sound.content)

    run_once(factories.make_speech(cast.mia, voice, is_preview=True), clock)

    assert stub.asked == []
    assert PreviewClip.objects.filter(voice=voice, source="generated").exists()


@pytest.fixture
def free(monkeypatch) -> None:
    """Let the provider of the voice speak for free."""
    adapter = get_adapter("elevenlabs")
    monkeypatch.setattr(adapter, "info", dataclasses.replace(adapter.info, speaks_free=True))
