"""Store uploaded samples for cloning; workers then decode and analyze them."""

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audio.analysis import noise_is_installed
from catalog.audio.formats import AudioFormat
from catalog.audit import record
from catalog.core.media import clean_filename, remove_media, store_media
from catalog.models import Sample, SampleReport, Team, User
from catalog.tasks import enqueue_analysis, enqueue_sample


class CannotClean(Exception):
    """Noise can't be removed from this sample; the message explains why."""


@transaction.atomic
def clean_sample(user: User, *, sample: Sample, now: datetime) -> Sample:
    """Have a worker make a copy without noise; a repeat returns the same. Raises CannotClean."""
    if not policies.may_clone(user, sample.team):
        raise PermissionDenied
    if not Sample.objects.visible_to(user).filter(pk=sample.pk).exists():
        raise PermissionDenied
    if not noise_is_installed():
        raise CannotClean("Noise removal is not installed on this server.")
    if sample.original_id is not None or sample.problem:
        raise CannotClean("Noise can only be removed once, and only from a readable recording.")
    Sample.objects.select_for_update(no_key=True).get(pk=sample.pk)
    cleaned, is_new = Sample.objects.get_or_create(
        original=sample,
        defaults={
            "team": sample.team,
            "owner": sample.owner,
            "filename": _name_cleaned(sample.filename),
            "audio_format": "wav",
            "size": 0,
            "uploaded_at": now,
        },
    )
    if is_new:
        transaction.on_commit(partial(enqueue_sample, cleaned.pk))
        record(user, "noise removal requested", sample, team=sample.team, now=now)
    return cleaned


def _name_cleaned(filename: str) -> str:
    stem = filename.rpartition(".")[0] or filename
    return f"{stem[:100]} without noise.wav"


def add_sample(
    user: User,
    *,
    team: Team,
    form_token: uuid.UUID,
    file: "UploadedFile[Any]",
    audio_format: AudioFormat,
    now: datetime,
) -> Sample:
    """Store a recording for a form, ignoring duplicates; it is deleted after a day if unused."""
    if not policies.may_clone(user, team):
        raise PermissionDenied
    path, size, sha256 = store_media("samples", file.chunks(), audio_format.slug)
    try:
        with transaction.atomic():
            # The lock serializes two uploads of the same file.
            Team.objects.select_for_update(no_key=True).get(pk=team.pk)
            sample, is_new = Sample.objects.get_or_create(
                team=team,
                owner=user,
                form_token=form_token,
                sha256=sha256,
                defaults={
                    "path": path,
                    "filename": clean_filename(file.name or ""),
                    "audio_format": audio_format.slug,
                    "size": size,
                    "uploaded_at": now,
                },
            )
            if is_new:
                report = SampleReport.objects.create(sample=sample, asked_at=now)
                transaction.on_commit(partial(enqueue_sample, sample.pk))
                transaction.on_commit(partial(enqueue_analysis, f"report:{report.pk}"))
                record(user, "sample added", sample, team=team, now=now, bytes=size)
    except BaseException:
        # After an error past the commit, the sample exists and its file must stay.
        if not Sample.objects.filter(path=path).exists():
            remove_media(path)
        raise
    if not is_new:
        remove_media(path)
    return sample
