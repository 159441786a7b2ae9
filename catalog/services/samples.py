"""Keep what somebody uploads to clone from; workers then read it and listen to it."""

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audio import AudioFormat
from catalog.audit import record
from catalog.models import Sample, SampleReport, Team, User
from catalog.storage import clean_filename, remove_media, store_media
from catalog.tasks import wake_listening, wake_sample


def add_sample(
    user: User,
    *,
    team: Team,
    form_token: uuid.UUID,
    file: "UploadedFile[Any]",
    audio_format: AudioFormat,
    now: datetime,
) -> Sample:
    """Store a recording for a form, where twice the same is one; unused, it goes after a day."""
    if not policies.may_clone(user, team):
        raise PermissionDenied
    path, size, sha256 = store_media("samples", file.chunks(), audio_format.slug)
    try:
        with transaction.atomic():
            # The lock makes the same file dropped twice at once come one after the other.
            Team.objects.select_for_update().get(pk=team.pk)
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
                transaction.on_commit(partial(wake_sample, sample.pk))
                transaction.on_commit(partial(wake_listening, f"report:{report.pk}"))
                record(user, "sample added", sample, team=team, now=now, bytes=size)
    except BaseException:
        # What breaks after the commit must not take the file of a sample that is there.
        if not Sample.objects.filter(path=path).exists():
            remove_media(path)
        raise
    if not is_new:
        remove_media(path)
    return sample
