"""Bring a recording, to see what it is worth before it is cloned."""

from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audio import AudioFormat
from catalog.audit import record
from catalog.models import Sample, Team, User
from catalog.models.reports import keep_sample
from catalog.storage import remove_media, store_media
from catalog.tasks import wake_listening


def bring_sample(
    user: User,
    *,
    team: Team,
    file: "UploadedFile[Any]",
    audio_format: AudioFormat,
    now: datetime,
) -> Sample:
    """Keep the recording and have a worker listen to it; unused, it goes after a day."""
    if not policies.may_clone(user, team):
        raise PermissionDenied
    stored = store_media("samples", file.chunks(), audio_format.slug)
    try:
        with transaction.atomic():
            filename = clean_filename(file.name or "")
            report = keep_sample(user, team, filename, audio_format.slug, stored, now)
            sample = report.sample
            transaction.on_commit(partial(wake_listening, f"report:{report.pk}"))
            record(user, "sample brought", sample, team=team, now=now)
    except BaseException:
        remove_media(stored[0])
        raise
    return sample


def clean_filename(name: str) -> str:
    """Return the uploaded name as it may be shown; it is never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(mark for mark in last if mark.isprintable())
    return shown[:120] or "sample"
