"""Ask for a clone: sample, consent and job in one transaction, and only then a worker."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audio import AudioFormat
from catalog.audit import record
from catalog.models import (
    CloneJob,
    Consent,
    Credential,
    Installation,
    ProviderAccount,
    Sample,
    User,
)
from catalog.storage import remove_media, store_media
from catalog.tasks import wake_clone

CONSENT_STATEMENT = "The speaker agreed to this clone, and I can show it."


class ConsentNeeded(Exception):
    """Nobody attested that the speaker agreed."""


@dataclass(frozen=True, slots=True)
class CloneWish:
    """What a person asked for; ``form_token`` makes a second press of the button the same wish."""

    form_token: uuid.UUID
    file: "UploadedFile[Any]"
    audio_format: AudioFormat
    name: str
    description: str
    speaker: str
    has_consent: bool
    removes_noise: bool
    language: str = ""
    gender: str = ""
    transcript: str = ""


def request_clone(
    user: User, *, credential: Credential, wish: CloneWish, now: datetime
) -> CloneJob:
    """Queue a clone and return its job; the same form token returns the job already made."""
    if not policies.may_clone(user, credential.team):
        raise PermissionDenied
    account = credential.account
    if not policies.may_use_credential(user, credential) or account is None:
        raise PermissionDenied
    if not wish.has_consent or not wish.speaker:
        raise ConsentNeeded
    made = _find_made(user, wish.form_token)
    if made is not None:
        return made
    path, size, sha256 = store_media("samples", wish.file.chunks(), wish.audio_format.slug)
    try:
        job, is_new = _write_rows(user, account, credential, wish, (path, size, sha256), now)
    except BaseException:
        # What breaks after the commit must not take the sample of a job that is there.
        if not Sample.objects.filter(path=path).exists():
            remove_media(path)
        raise
    if not is_new:
        remove_media(path)
    return job


@transaction.atomic
def _write_rows(
    user: User,
    account: ProviderAccount,
    credential: Credential,
    wish: CloneWish,
    stored: tuple[str, int, str],
    now: datetime,
) -> tuple[CloneJob, bool]:
    # The lock of the team's row makes two presses at the same moment come one after the other.
    type(credential.team).objects.select_for_update().get(pk=credential.team_id)
    made = _find_made(user, wish.form_token)
    if made is not None:
        return made, False
    sample = Sample.objects.create(
        team=credential.team,
        owner=user,
        path=stored[0],
        filename=clean_filename(wish.file.name or ""),
        audio_format=wish.audio_format.slug,
        size=stored[1],
        sha256=stored[2],
        uploaded_at=now,
    )
    consent = Consent.objects.create(
        speaker=wish.speaker, attested_by=user, statement=CONSENT_STATEMENT, attested_at=now
    )
    job_id = uuid.uuid4()
    job = CloneJob.objects.create(
        id=job_id,
        team=credential.team,
        requested_by=user,
        credential=credential,
        account=account,
        sample=sample,
        consent=consent,
        name=wish.name,
        description=wish.description,
        removes_noise=wish.removes_noise,
        language=wish.language,
        gender=wish.gender,
        transcript=wish.transcript,
        marker=f"vb1:{Installation.objects.get().code}:{job_id.hex}",
        form_token=wish.form_token,
        created_at=now,
        woken_at=now,
    )
    record(user, "clone requested", job, team=job.team, now=now, provider=credential.provider)
    transaction.on_commit(partial(wake_clone, job.pk))
    return job, True


def _find_made(user: User, form_token: uuid.UUID) -> CloneJob | None:
    made = CloneJob.objects.filter(form_token=form_token).first()
    if made is not None and made.requested_by_id != user.pk:
        raise PermissionDenied
    return made


def clean_filename(name: str) -> str:
    """Return the uploaded name as it may be shown; it is never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(mark for mark in last if mark.isprintable())
    return shown[:120] or "sample"
