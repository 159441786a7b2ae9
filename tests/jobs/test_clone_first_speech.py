"""A new clone speaks a sentence once, if its provider, the budget, and the team allow it."""

import pytest

from catalog.jobs.clones.first_speech import request_first_speech
from catalog.models import AuditEntry, Budget, Charge, CloneJob, Synthesis, Team, Voice
from catalog.queries.clones import awaits_first_speech
from tests import factories


@pytest.fixture
def ready(cast):
    """A job that just ended with a voice that can speak, at a provider that charges for it."""
    voice = factories.make_clone(cast.account, "Ada", state=Voice.State.READY)
    made = factories.make_job(
        cast.ana, cast.credential, factories.make_sample(cast.ana, cast.aurora, b"sound")
    )
    cast.credential.abilities |= {"speak": "yes"}
    cast.credential.save()
    CloneJob.objects.filter(pk=made.pk).update(voice=voice, state="ready", language="de")
    return CloneJob.objects.get(pk=made.pk)


def speak(job):
    request_first_speech(job, job.voice, factories.NOW)
    job.refresh_from_db()
    return job.first_speech


def test_sentence_is_in_the_language_of_the_job_and_runs_like_any_other(cast, ready):
    speech = speak(ready)

    assert "Abendzug" in speech.text
    assert (speech.requested_by, speech.credential, speech.state) == (
        cast.ana,
        cast.credential,
        Synthesis.State.QUEUED,
    )
    assert AuditEntry.objects.filter(action="speech requested").exists()
    assert awaits_first_speech(ready, factories.NOW)


def test_budget_keeps_it_from_being_spoken_and_the_job_says_so(cast, ready):
    unit = Charge.Unit.CHARACTERS
    Budget.objects.create(team=cast.aurora, scope=Budget.Scope.TEAM, unit=unit, most=10)

    assert speak(ready) is None
    assert "10" in ready.first_speech_note
    assert not Synthesis.objects.exists()


def test_team_can_turn_it_off_where_it_costs(cast, ready):
    Team.objects.update(speaks_first=False)

    assert speak(CloneJob.objects.get(pk=ready.pk)) is None
    assert not Synthesis.objects.exists()


def test_key_that_cannot_speak_is_not_asked(cast, ready):
    cast.credential.abilities |= {"speak": "no"}
    cast.credential.save()

    assert speak(ready := CloneJob.objects.get(pk=ready.pk)) is None
    assert ready.first_speech_note == "This key can't generate speech."
