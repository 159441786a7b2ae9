"""Ask a speaker to read a consent aloud, by a link that works once, and take the recording."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audio.formats import AudioFormat
from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.core.media import remove_media, store_media
from catalog.jobs.consents.accept import accept_request
from catalog.models import ConsentRequest, Team, User
from catalog.models.consents import latest_end
from catalog.policies.links import consent_request_holds
from catalog.queries.consents.phrases import make_phrase
from catalog.services.consents.statements import find_or_add_speaker
from catalog.services.withdrawals import request_withdrawal
from catalog.tasks import enqueue_analysis

State = ConsentRequest.State


class RequestSpent(Exception):
    """The link is wrong, expired, or used, or the request has ended."""


@dataclass(frozen=True, slots=True)
class ConsentAsk:
    """What a speaker is asked to agree to; ``days`` is how long the link works.

    ``challenge`` is the text that a provider wants to hear, if the consent is for one that has its
    own, and ``challenge_by`` names the provider.
    """

    speaker: str
    language: str
    allowed_use: str
    ends_on: date
    use_note: str = ""
    days: int = 7
    challenge: str = ""
    challenge_by: str = ""


@transaction.atomic
def ask_consent(
    user: User, *, team: Team, ask: ConsentAsk, now: datetime
) -> tuple[ConsentRequest, str]:
    """Make a request with a new sentence; return it with its link's token, shown only once."""
    if not policies.may_clone(user, team):
        raise PermissionDenied
    if not now.date() <= ask.ends_on <= latest_end("", now.date()):
        raise ValueError("A consent ends between today and in 10 years.")
    speaker = find_or_add_speaker(user, team=team, name=ask.speaker, now=now)
    phrase = make_phrase(
        ask.language,
        name=speaker.name,
        team=team.name,
        allowed_use=ask.allowed_use,
        use_note=ask.use_note,
        ends_on=ask.ends_on,
    )
    token = secrets.token_urlsafe(32)
    request = ConsentRequest.objects.create(
        team=team,
        speaker=speaker,
        asked_by=user,
        language=ask.language,
        phrase=ask.challenge or phrase.text,
        words=[] if ask.challenge else phrase.words,
        challenge_by=ask.challenge_by,
        allowed_use=ask.allowed_use,
        use_note=ask.use_note,
        ends_on=ask.ends_on,
        token_hash=hash_token(token),
        asked_at=now,
        expires_at=now + timedelta(days=ask.days),
    )
    record(user, "spoken consent requested", request, team=team, now=now, days=ask.days)
    return request, token


def takes_recording(request: ConsentRequest, *, now: datetime) -> bool:
    """Return whether the request waits for a recording and its link has not expired."""
    return request.is_open and request.expires_at > now


@transaction.atomic
def renew_consent_link(user: User, *, request: ConsentRequest, days: int, now: datetime) -> str:
    """Replace the link of a request that waits for a recording; return the new token."""
    locked = _lock(request)
    _demand_own(user, locked)
    if not locked.is_open:
        raise RequestSpent
    token = secrets.token_urlsafe(32)
    locked.token_hash, locked.expires_at = hash_token(token), now + timedelta(days=days)
    locked.save(update_fields=["token_hash", "expires_at"])
    record(user, "spoken consent link renewed", locked, team=locked.team, now=now, days=days)
    return token


@transaction.atomic
def cancel_consent_request(user: User, *, request: ConsentRequest, now: datetime) -> None:
    """End a request that was not accepted yet; its link stops working."""
    locked = _lock(request)
    _demand_own(user, locked)
    if locked.is_accepted or locked.state == State.CANCELED:
        return
    locked.state = State.CANCELED
    locked.save(update_fields=["state"])
    _drop_recording(locked)
    record(user, "spoken consent canceled", locked, team=locked.team, now=now)


def find_consent_request(token: str, *, now: datetime) -> ConsentRequest | None:
    """Return the request that this link is for, if it takes a recording now."""
    rows = ConsentRequest.objects.open(now).filter(token_hash=hash_token(token))
    found = rows.select_related("team", "speaker", "asked_by").first()
    return found if found is not None and consent_request_holds(found) else None


def find_given_consent(token: str) -> ConsentRequest | None:
    """Return the request whose speaker's page this is."""
    rows = ConsentRequest.objects.filter(page_hash=hash_token(token))
    return rows.select_related("team", "speaker", "asked_by", "consent", "decided_by").first()


def send_recording(
    *,
    request: ConsentRequest,
    file: "UploadedFile[Any]",
    audio_format: AudioFormat,
    now: datetime,
    user: User | None = None,
) -> str:
    """Store the recording and have a worker check it; return the token of the speaker's page.

    ``user`` is who recorded next to the speaker, None for the speaker's own link. Raises
    RequestSpent.
    """
    if user is not None and not policies.may_clone(user, request.team):
        raise PermissionDenied
    path, size, sha256 = store_media("consents", file.chunks(), audio_format.slug)
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            locked = _lock(request)
            if not takes_recording(locked, now=now):
                raise RequestSpent
            _drop_recording(locked)
            locked.state, locked.recorded_at, locked.page_hash = (
                State.CHECKING,
                now,
                hash_token(token),
            )
            locked.recording_path, locked.recording_sha256 = path, sha256
            locked.recording_format, locked.copy_path = audio_format.slug, ""
            locked.try_count, locked.attempt_count = 0, locked.attempt_count + 1
            locked.checks, locked.problem = {}, ""
            locked.save()
            transaction.on_commit(partial(enqueue_analysis, f"consent:{locked.pk}"))
            record(
                user,
                "consent recorded",
                locked,
                team=locked.team,
                now=now,
                bytes=size,
                attempt=locked.attempt_count,
            )
    except BaseException:
        if not ConsentRequest.objects.filter(recording_path=path).exists():
            remove_media(path)
        raise
    return token


@transaction.atomic
def decide_consent(
    user: User, *, request: ConsentRequest, accepts: bool, reason: str, now: datetime
) -> None:
    """Accept or refuse a recording that the checks left to a person; raises RequestSpent."""
    locked = _lock(request)
    if not policies.may_decide_consent(user, locked.team):
        raise PermissionDenied
    if not locked.is_doubtful:
        raise RequestSpent
    facts = {"accepted": accepts}
    record(
        user, "spoken consent decided", locked, team=locked.team, now=now, reason=reason, **facts
    )
    if accepts:
        accept_request(locked, user, now)
        return
    locked.state, locked.decided_by, locked.problem = State.REFUSED, user, reason[:300]
    locked.save(update_fields=["state", "decided_by", "problem"])


@transaction.atomic
def ask_withdrawal(*, request: ConsentRequest, now: datetime) -> None:
    """Withdraw what the speaker agreed to, as they ask on their own page."""
    locked = _lock(request)
    if locked.withdrawal_asked_at is not None:
        return
    locked.withdrawal_asked_at = now
    if not locked.is_accepted:
        locked.state = State.CANCELED
        _drop_recording(locked)
    locked.save()
    record(None, "consent withdrawn by speaker", locked, team=locked.team, now=now)
    if locked.is_accepted:
        request_withdrawal(None, speaker=locked.speaker, now=now)


def _lock(request: ConsentRequest) -> ConsentRequest:
    rows = ConsentRequest.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("team", "speaker", "asked_by").get(pk=request.pk)


def _demand_own(user: User, request: ConsentRequest) -> None:
    if not policies.may_steer_consent_request(user, request):
        raise PermissionDenied


def _drop_recording(request: ConsentRequest) -> None:
    """Delete the files of a recording that no consent uses, once the caller has committed."""
    for path in filter(None, [request.recording_path, request.copy_path]):
        transaction.on_commit(partial(remove_media, path))
    if request.recording_path:
        request.recording_path = request.copy_path = ""
        request.save(update_fields=["recording_path", "copy_path"])
