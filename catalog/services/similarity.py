"""Find voices that sound like an uploaded clip."""

from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audio.formats import AudioFormat
from catalog.core.media import clean_filename, remove_media, store_media
from catalog.jobs.previews import want_previews
from catalog.models import ProviderAccount, SoundQuery, Team, User
from catalog.tasks import enqueue_analysis, enqueue_embedding, enqueue_preview_warming


def start_similarity_search(
    user: User,
    *,
    team: Team,
    file: "UploadedFile[Any]",
    audio_format: AudioFormat,
    now: datetime,
) -> SoundQuery:
    """Store the clip for a worker to analyze; any member of the team may do this."""
    if policies.role_in(user, team) is None:
        raise PermissionDenied
    path, _, _ = store_media("queries", file.chunks(), audio_format.slug)
    try:
        with transaction.atomic():
            query = SoundQuery.objects.create(
                team=team,
                owner=user,
                path=path,
                filename=clean_filename(file.name or ""),
                audio_format=audio_format.slug,
                asked_at=now,
            )
            transaction.on_commit(partial(enqueue_analysis, f"query:{query.pk}"))
    except BaseException:
        remove_media(path)
        raise
    return query


def analyze_now(user: User, *, team: Team) -> None:
    """Fetch and analyze all previews of the team without pauses, which costs no credit."""
    if policies.role_in(user, team) is None:
        raise PermissionDenied
    for account in ProviderAccount.objects.visible_to(user).filter(team=team):
        want_previews(account.pk)
        enqueue_preview_warming(account.pk)
    enqueue_embedding()
