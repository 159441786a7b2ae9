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
from catalog.models.reports import keep_sample
from catalog.services.samples import clean_filename
from catalog.storage import remove_media, store_media
from catalog.tasks import wake_clone, wake_listening

CONSENT_STATEMENT = "The speaker agreed to this clone, and I can show it."


class ConsentNeeded(Exception):
    """Nobody attested that the speaker agreed."""


@dataclass(frozen=True, slots=True)
class CloneWish:
    """What a person asked for; ``form_token`` makes a second press of the button the same wish."""

    form_token: uuid.UUID
    file: "UploadedFile[Any] | None"
    audio_format: AudioFormat
    name: str
    description: str
    speaker: str
    has_consent: bool
    removes_noise: bool
    language: str = ""
    gender: str = ""
    transcript: str = ""
    kept_sample: Sample | None = None


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
    return _queue(user, account, credential, wish, now)


def _queue(
    user: User,
    account: ProviderAccount,
    credential: Credential,
    wish: CloneWish,
    now: datetime,
) -> CloneJob:
    if wish.file is None:
        return _write_rows(user, account, credential, wish, None, now)[0]
    stored = store_media("samples", wish.file.chunks(), wish.audio_format.slug)
    try:
        job, is_new = _write_rows(user, account, credential, wish, stored, now)
    except BaseException:
        # What breaks after the commit must not take the sample of a job that is there.
        if not Sample.objects.filter(path=stored[0]).exists():
            remove_media(stored[0])
        raise
    if not is_new:
        remove_media(stored[0])
    return job


@transaction.atomic
def _write_rows(
    user: User,
    account: ProviderAccount,
    credential: Credential,
    wish: CloneWish,
    stored: tuple[str, int, str] | None,
    now: datetime,
) -> tuple[CloneJob, bool]:
    # The lock of the team's row makes two presses at the same moment come one after the other.
    type(credential.team).objects.select_for_update().get(pk=credential.team_id)
    made = _find_made(user, wish.form_token)
    if made is not None:
        return made, False
    if stored is None:
        sample = _get_kept(user, credential, wish)
    else:
        name = clean_filename((wish.file.name if wish.file else "") or "")
        slug = wish.audio_format.slug
        report = keep_sample(user, credential.team, name, slug, stored, now)
        sample = report.sample
        transaction.on_commit(partial(wake_listening, f"report:{report.pk}"))
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


def _get_kept(user: User, credential: Credential, wish: CloneWish) -> Sample:
    """Return the recording that the person brought before, locked until the job has it."""
    rows = Sample.objects.select_for_update().filter(owner=user, team=credential.team)
    kept = rows.filter(pk=wish.kept_sample.pk).first() if wish.kept_sample else None
    if kept is None:
        raise PermissionDenied
    return kept


def _find_made(user: User, form_token: uuid.UUID) -> CloneJob | None:
    made = CloneJob.objects.filter(form_token=form_token).first()
    if made is not None and made.requested_by_id != user.pk:
        raise PermissionDenied
    return made
