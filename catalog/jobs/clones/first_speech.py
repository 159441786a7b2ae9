"""Have a new clone speak a standard sentence, which is then compared with the samples."""

from datetime import datetime

from catalog.audit import record
from catalog.models import Charge, CloneJob, Synthesis, Voice
from catalog.models.syntheses import speech_recipe
from catalog.policies import may_speak
from catalog.providers.errors import RequestRejected
from catalog.providers.types import SpeechParams
from catalog.providers.validation import check_speech
from catalog.queries.budgets import find_budget_obstacle
from catalog.queries.speakers import find_voice_obstacle
from catalog.queries.syntheses.sample_texts import find_sentences


def request_first_speech(job: CloneJob, voice: Voice, now: datetime) -> None:
    """Request the sentence for the person who is responsible, or note why it isn't spoken.

    Call it in the transaction that ends the job, so it happens exactly once. It obeys the same
    rules as a request on the voice's page; the sweep wakes a worker for it.
    """
    text = find_sentences(job.language or voice.language)[0]
    obstacle = _find_obstacle(job, voice, text, now)
    speech = None if obstacle else _store_speech(job, voice, text, now)
    CloneJob.objects.filter(pk=job.pk).update(first_speech=speech, first_speech_note=obstacle[:300])


def _find_obstacle(job: CloneJob, voice: Voice, text: str, now: datetime) -> str:
    person, info = job.responsible, voice.info
    if not voice.can_speak or job.credential is None or not job.credential.may("speak"):
        return "This key can't generate speech."
    if not may_speak(person, job.team):
        return f"{person} may not generate speech."
    if obstacle := find_voice_obstacle(voice, now.date()):
        return obstacle
    try:
        check_speech(info, SpeechParams(voice.remote_id, text, settings={}), voice.details)
    except RequestRejected as exc:
        return exc.message
    if info.speaks_free:
        return ""
    if not job.team.speaks_first:
        return "Your team doesn't have new clones speak where that costs something."
    unit = Charge.Unit.CHARACTERS
    return find_budget_obstacle(person, job.team, unit, len(text), now)


def _store_speech(job: CloneJob, voice: Voice, text: str, now: datetime) -> Synthesis:
    speech = Synthesis.objects.create(
        team=job.team,
        requested_by=job.responsible,
        voice=voice,
        credential=job.credential,
        text=text,
        recipe=speech_recipe(voice, text, {}),
        created_at=now,
    )
    record(
        None,
        "speech requested",
        speech,
        team=job.team,
        now=now,
        follows=job,
        voice=voice.shown_name,
        characters=speech.characters,
    )
    return speech
