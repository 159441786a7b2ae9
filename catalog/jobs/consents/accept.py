"""How a recorded consent ends: accepted, to be recorded again, or left to an admin."""

from datetime import datetime
from typing import Any

from catalog.audio.formats import FORMATS
from catalog.audit import record
from catalog.jobs.consents.receipts import write_receipt
from catalog.jobs.notifications.send import notify, notify_admins
from catalog.models import Consent, ConsentRequest, Notification, User

State = ConsentRequest.State

SPOKEN_STATEMENT = "The speaker read this consent aloud."


def accept_request(request: ConsentRequest, by: User | None, now: datetime) -> Consent:
    """Store the consent and its receipt; call it with the request's row locked.

    ``by`` is the admin who decided, None if the checks did.
    """
    consent = Consent.objects.create(
        speaker=request.speaker,
        relation=Consent.Relation.PERMISSION,
        allowed_use=request.allowed_use,
        use_note=request.use_note,
        ends_on=request.ends_on,
        proof_path=request.recording_path,
        proof_filename=f"consent.{request.recording_format}",
        proof_type=FORMATS[request.recording_format].content_type,
        attested_by=request.asked_by,
        statement=SPOKEN_STATEMENT,
        attested_at=now,
        spoken_at=now,
    )
    request.consent, request.state, request.problem = consent, State.ACCEPTED, ""
    request.decided_by = by
    request.receipt = write_receipt(request, now)
    request.save(update_fields=["consent", "state", "problem", "decided_by", "receipt", "checks"])
    _tell_asker(request, f"{request.speaker.name} agreed to a copy of their voice.", "done", now)
    facts = _list_outcomes(request)
    record(by, "spoken consent accepted", request, team=request.team, now=now, **facts)
    return consent


def fail_request(request: ConsentRequest, problem: str, now: datetime) -> None:
    """Say why a recording wasn't accepted; the speaker may record again."""
    request.state, request.problem = State.FAILED, problem[:300]
    request.save(update_fields=["state", "problem", "checks"])
    text = f"The recording of {request.speaker.name} wasn't accepted. {problem}"
    _tell_asker(request, text, "fail", now)
    facts = _list_outcomes(request)
    record(None, "spoken consent failed", request, team=request.team, now=now, **facts)


def leave_to_admin(request: ConsentRequest, now: datetime) -> None:
    """Have an admin listen and decide."""
    request.state, request.problem = State.DOUBTFUL, ""
    request.save(update_fields=["state", "problem", "checks"])
    text = f"Listen to the consent of {request.speaker.name}, and decide whether to accept it."
    page, about = Notification.Page.CONSENT, str(request.pk)
    event = Notification.Event.CONSENT
    notify_admins(event, request.team, text, now, page=page, about=about)
    facts = _list_outcomes(request)
    record(None, "spoken consent in doubt", request, team=request.team, now=now, **facts)


def _tell_asker(request: ConsentRequest, text: str, mood: str, now: datetime) -> None:
    page, about = Notification.Page.CONSENT, str(request.pk)
    look: Any = {"page": page, "about": about, "mood": mood}
    people = {request.asked_by_id: text}
    notify(Notification.Event.CONSENT, people, now, team=request.team, **look)


def _list_outcomes(request: ConsentRequest) -> dict[str, str]:
    return {name: str(found["outcome"]) for name, found in request.checks.items()}
