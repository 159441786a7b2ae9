"""A speaker's voice is used only while they allow it: the services and the jobs ask the same."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.jobs.previews import warm_previews
from catalog.jobs.syntheses import run_speech
from catalog.models import CloneJob, Consent, Speaker, Voice
from catalog.queries.speakers import (
    find_sample_obstacle,
    find_speaker_obstacle,
    find_voice_obstacle,
    find_voice_obstacles,
)
from catalog.services.clones import retry_clone
from catalog.services.comparisons import CannotCompare, ComparisonRequest, request_comparison
from catalog.services.consents.statements import ConsentNeeded
from catalog.services.syntheses import CannotSynthesize, request_preview, request_speech
from tests import factories

NOW = factories.NOW
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
WITHDREW = "The speaker withdrew their permission on Nov 21, 2026, so this voice can't be used."
ENDED = "The speaker's consent ended on Nov 20, 2026. Record a new consent to use the voice again."


@pytest.fixture
def voice(cast: Any) -> Voice:
    """Return a clone of Ada that Ana made here."""
    voice = factories.make_clone(cast.account, remote_id="r-ada")
    factories.make_job(cast.ana, cast.credential, state=CloneJob.State.READY, voice=voice)
    return voice


@pytest.fixture
def consent(voice: Voice) -> Consent:
    return Consent.objects.get()


def end(consent: Consent) -> None:
    Consent.objects.filter(pk=consent.pk).update(ends_on=YESTERDAY)


def withdraw(consent: Consent, *, is_open: bool = True) -> None:
    Consent.objects.filter(pk=consent.pk).update(withdrawn_at=NOW)
    if is_open:
        Speaker.objects.filter(pk=consent.speaker_id).update(withdrawing_since=NOW)


def renew(consent: Consent, **values: Any) -> None:
    """Record a second consent of the same speaker."""
    consent.pk = None
    Consent.objects.create(
        speaker=consent.speaker, attested_by=consent.attested_by, attested_at=NOW, **values
    )


def test_voice_may_be_used_until_the_last_day_of_the_consent(voice, consent):
    Consent.objects.update(ends_on=TODAY)

    assert find_voice_obstacle(voice, TODAY) == ""
    assert "ended on Nov 21, 2026" in find_voice_obstacle(voice, TODAY + timedelta(days=1))


def test_one_consent_in_force_is_enough(voice, consent):
    end(consent)
    assert find_voice_obstacle(voice, TODAY) == ENDED

    renew(consent, ends_on=TODAY + timedelta(days=9))

    assert find_voice_obstacle(voice, TODAY) == ""


def test_withdrawal_that_runs_outweighs_every_consent_and_a_whole_one_only_earlier_ones(
    voice, consent
):
    withdraw(consent)
    renew(consent)
    assert find_voice_obstacle(voice, TODAY) == WITHDREW

    Speaker.objects.update(withdrawing_since=None)
    assert find_voice_obstacle(voice, TODAY) == ""

    Consent.objects.filter(withdrawn_at=None).delete()
    assert find_voice_obstacle(voice, TODAY) == WITHDREW


def test_voice_without_a_recorded_speaker_has_no_obstacle(cast, voice, consent):
    withdraw(consent)
    other = factories.make_clone(cast.account, "Someone else")
    library = factories.make_voice(cast.account, "Rachel")

    assert find_voice_obstacles([voice, other, library], TODAY) == {voice.pk: WITHDREW}


@pytest.mark.parametrize("known_by", ["marker", "remote_id"])
def test_voice_whose_job_never_knew_it_belongs_to_the_speaker_too(cast, known_by):
    job = factories.make_job(cast.ana, cast.credential, state=CloneJob.State.NEEDS_LOOK)
    CloneJob.objects.filter(pk=job.pk).update(remote_id="r-late")
    found = {"marker": {"marker": job.marker}, "remote_id": {"remote_id": "r-late"}}[known_by]
    late = factories.make_clone(cast.account, "Late", **found)
    withdraw(job.batch.consent)

    assert find_voice_obstacle(late, TODAY) == WITHDREW


def test_nothing_new_is_requested_once_the_consent_has_ended(cast, voice, consent):
    other = factories.make_voice(cast.account)
    end(consent)

    with pytest.raises(CannotSynthesize, match="consent ended"):
        request_speech(cast.mia, voice=voice, text="Hello.", settings={}, now=NOW)
    with pytest.raises(CannotSynthesize, match="consent ended"):
        request_preview(cast.mia, voice=voice, now=NOW)
    params = ComparisonRequest([voice, other], ["Hello."], False, 1, 100)
    with pytest.raises(CannotCompare, match="consent ended"):
        request_comparison(cast.mia, params=params, now=NOW)


def test_clone_is_retried_only_with_a_consent_in_force(cast):
    job = factories.make_job(cast.ana, cast.credential, state=CloneJob.State.FAILED)
    end(job.batch.consent)
    with pytest.raises(ConsentNeeded, match="consent ended"):
        retry_clone(cast.ana, job=job, now=NOW)

    renew(job.batch.consent)

    assert retry_clone(cast.ana, job=job, now=NOW).retry_of == job


def test_recording_of_a_speaker_who_withdraws_is_not_cloned_under_another_name(cast, consent):
    sample = factories.sample_of(CloneJob.objects.get())
    assert find_sample_obstacle([sample, factories.make_cleaned(sample)]) == ""

    withdraw(consent)

    assert find_sample_obstacle([sample]) == WITHDREW
    assert find_sample_obstacle([sample.cleaned]) == WITHDREW
    assert find_speaker_obstacle(consent.speaker_id, TODAY) == WITHDREW


def test_queued_speech_is_not_sent_once_the_speaker_has_withdrawn(
    cast, stub, voice, consent, clock
):
    speech = factories.make_speech(cast.mia, voice)
    withdraw(consent)

    run_speech(speech.pk, clock)

    speech.refresh_from_db()
    assert (speech.state, speech.message) == ("failed", WITHDREW)
    assert stub.asked == []


def test_preview_of_a_withdrawn_voice_is_not_fetched_again(cast, stub, voice, consent, clock):
    Voice.objects.update(preview_url="https://api.elevenlabs.io/preview.mp3")
    withdraw(consent, is_open=False)

    warm_previews(cast.account.pk, clock)

    assert stub.asked == []
