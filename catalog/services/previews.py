"""Fetch a voice's preview for somebody who waits for the sound; then it is on our disk."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from catalog.crypto import CannotOpen
from catalog.jobs.previews import NotSound, keep_clip, preview_source
from catalog.models import PreviewClip, User, Voice
from catalog.providers.errors import ProviderError
from catalog.providers.session import open_provider
from catalog.providers.types import AudioClip
from catalog.queries.credentials import usable_credential
from catalog.storage import media_path
from catalog.tasks import wake_measure


class PreviewUnavailable(Exception):
    """There is nothing to hear now; the message says why."""


def fetch_preview(user: User, *, voice: Voice, now: datetime) -> PreviewClip:
    """Return the voice's clip, downloaded on first use; raises PreviewUnavailable.

    A preview costs nothing: only what the provider already holds is fetched, nothing is spoken.
    """
    source = preview_source(voice)
    clip = PreviewClip.objects.filter(voice=voice, source=source).first()
    if clip is not None and media_path(clip.path).is_file():
        return clip
    if voice.is_preview_generated:
        raise PreviewUnavailable("The preview that was generated is no longer here.")
    if not voice.can_play:
        raise PreviewUnavailable(f"{voice.info.label} has no preview of this voice.")
    try:
        clip = keep_clip(voice, _download(user, voice), source, now)
    except NotSound as exc:
        raise PreviewUnavailable(str(exc)) from None
    transaction.on_commit(partial(wake_measure, clip.pk))
    return clip


def _download(user: User, voice: Voice) -> AudioClip:
    credential = usable_credential(user, voice.account, "preview")
    if credential is None:
        raise PreviewUnavailable("No working key opens this account, so nothing can be fetched.")
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            return provider.preview(voice.remote_id, voice.preview_url, voice.preview_sample_id)
    except CannotOpen:
        raise PreviewUnavailable("The key can't be opened: enter it again.") from None
    except ProviderError as exc:
        raise PreviewUnavailable(exc.message) from None
