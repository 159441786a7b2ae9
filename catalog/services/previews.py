"""Fetch a voice's preview for somebody who waits for the sound; then it is on our disk."""

from datetime import datetime
from functools import partial
from typing import NoReturn

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from catalog.crypto import CannotOpen
from catalog.jobs.previews import NotSound, find_speaking_problem, keep_clip, preview_source
from catalog.models import PreviewClip, User, Voice
from catalog.providers.errors import NotYet, ProviderError
from catalog.providers.session import open_provider
from catalog.providers.types import AudioClip
from catalog.queries.credentials import usable_credential
from catalog.storage import media_path
from catalog.tasks import wake_measure, wake_speaking

# A worker that was asked and died is asked again after so many seconds.
_ASK_AGAIN_AFTER = 15
# What is slow is asked for again by the player; after so many looks, a person has to ask anew.
_MOST_LOOKS, _LOOKS_COUNT_FOR = 6, 120


class PreviewUnavailable(Exception):
    """There is nothing to hear now; the message says why."""


class PreviewPending(Exception):
    """The preview is being made, by a worker or its provider: ask again in a moment."""


def fetch_preview(user: User, *, voice: Voice, now: datetime) -> PreviewClip:
    """Return the voice's clip, downloaded on first use; raises PreviewUnavailable.

    A preview costs nothing: only what the provider already holds is fetched. What is built in
    is spoken on this machine, by a worker, and raises PreviewPending until it is there; so does
    what a provider is slow to send.
    """
    source = preview_source(voice)
    clip = PreviewClip.objects.filter(voice=voice, source=source).first()
    if clip is not None and media_path(clip.path).is_file():
        return clip
    if voice.is_preview_generated:
        raise PreviewUnavailable("The preview that was generated is no longer here.")
    if not voice.can_play:
        raise PreviewUnavailable(f"{voice.info.label} has no preview of this voice.")
    if voice.info.is_built_in:
        _ask_worker(voice)
    try:
        clip = keep_clip(voice, _download(user, voice), source, now)
    except NotSound as exc:
        raise PreviewUnavailable(str(exc)) from None
    transaction.on_commit(partial(wake_measure, clip.pk))
    return clip


def _ask_worker(voice: Voice) -> NoReturn:
    problem = find_speaking_problem(voice)
    if problem:
        raise PreviewUnavailable(problem)
    # The player asks every second; the worker is told once.
    if cache.add(f"speaking:{voice.pk}", True, _ASK_AGAIN_AFTER):
        wake_speaking(voice.pk)
    raise PreviewPending(f"{voice.shown_name} is being spoken.")


def _download(user: User, voice: Voice) -> AudioClip:
    credential = usable_credential(user, voice.account, "preview")
    if credential is None:
        raise PreviewUnavailable("No working key opens this account, so nothing can be fetched.")
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            provider.is_awaited = True
            return provider.preview(voice.remote_id, voice.preview_url, voice.preview_sample_id)
    except CannotOpen:
        raise PreviewUnavailable("The key can't be opened: enter it again.") from None
    except NotYet as exc:
        _look_again(voice, exc)
    except ProviderError as exc:
        raise PreviewUnavailable(exc.message) from None


def _look_again(voice: Voice, slow: NotYet) -> NoReturn:
    looks = f"looks-for-preview:{voice.pk}"
    if not cache.add(looks, 1, _LOOKS_COUNT_FOR) and cache.incr(looks) >= _MOST_LOOKS:
        cache.delete(looks)
        raise PreviewUnavailable(slow.message)
    raise PreviewPending(f"{voice.info.label} is making the preview of {voice.shown_name}.")
