"""Fetch a voice's preview while the user waits, and cache it on disk."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import NoReturn

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from catalog.audio.formats import FORMATS, HEAD_BYTES, plays_everywhere
from catalog.core.crypto import CannotOpen
from catalog.core.media import has_media, read_media_part
from catalog.jobs.previews import NotSound, find_preview_problem, keep_clip, preview_source
from catalog.models import Credential, PreviewClip, User, Voice
from catalog.providers.errors import NotYet, ProviderError
from catalog.providers.session import open_provider
from catalog.providers.types import AudioClip
from catalog.queries.credentials import usable_credential
from catalog.queries.speakers import find_voice_obstacle
from catalog.tasks import enqueue_measure, enqueue_preview_fetch, enqueue_preview_synthesis

# Seconds after which a worker that may have died is asked again.
_ASK_AGAIN_AFTER, _FETCH_AGAIN_AFTER = 15, 60
# The player asks once a second; after this many times it shows an error.
_MOST_LOOKS, _LOOKS_COUNT_FOR = 60, 120
# The longest that one preview may hold a web thread, and how many may at once: a process has
# few threads, and other pages need them.
_SECONDS, _MOST_AT_ONCE = 3, 2
_places = threading.BoundedSemaphore(_MOST_AT_ONCE)


class PreviewUnavailable(Exception):
    """There is no preview to play now; the message explains why."""


class PreviewPending(Exception):
    """A worker or the provider is preparing the preview; try again in a moment."""


def fetch_preview(user: User, *, voice: Voice, now: datetime) -> PreviewClip:
    """Return the voice's clip, downloading it on first use; raises PreviewUnavailable.

    Previews are free: only what the provider already has is fetched. Workers synthesize
    built-in voices, and fetch previews when the provider is slow or too many are being fetched.
    Until the clip is ready, raises PreviewPending.
    """
    source = preview_source(voice)
    clip = PreviewClip.objects.filter(voice=voice, source=source).first()
    if clip is not None and has_media(clip.path):
        return _demand_playable(clip, voice)
    if problem := _find_obstacle(voice) or find_voice_obstacle(voice, now.date()):
        raise PreviewUnavailable(problem)
    if voice.info.is_built_in:
        _await_speaking(voice)
    credential = _find_key(user, voice)
    asked = f"fetching-preview:{voice.pk}:{source}"
    if cache.get(asked):
        _await_fetching(voice)
    try:
        clip = _fetch_clip(voice, credential, source, now)
    except NotYet:
        if cache.add(asked, True, _FETCH_AGAIN_AFTER):
            enqueue_preview_fetch(voice.pk, credential.pk)
        _await_fetching(voice)
    if not clip.is_playable:
        return _demand_playable(clip, voice)
    transaction.on_commit(partial(enqueue_measure, clip.pk))
    return clip


def _fetch_clip(voice: Voice, credential: Credential, source: str, now: datetime) -> PreviewClip:
    try:
        with _take_place():
            return keep_clip(voice, _download(voice, credential), source, now)
    except NotSound as exc:
        raise PreviewUnavailable(str(exc)) from None


def _demand_playable(clip: PreviewClip, voice: Voice) -> PreviewClip:
    """Return the clip, unless a worker must first convert it to a format all browsers play."""
    if clip.is_playable is not None:
        return clip
    found = next(each for each in FORMATS.values() if each.content_type == clip.content_type)
    if plays_everywhere(b"".join(read_media_part(clip.path, 0, HEAD_BYTES)), found):
        return clip
    if cache.add(f"measuring:{clip.pk}:{clip.path}", True, _ASK_AGAIN_AFTER):
        enqueue_measure(clip.pk)
    raise PreviewPending(f"The preview of {voice.shown_name} is being converted.")


def _find_obstacle(voice: Voice) -> str:
    if voice.is_preview_generated:
        return "The generated preview is no longer available. Generate it again."
    if not voice.can_play:
        return f"{voice.info.label} has no preview of this voice."
    return find_preview_problem(voice)


def _find_key(user: User, voice: Voice) -> Credential:
    credential = usable_credential(user, voice, "preview")
    if credential is None:
        raise PreviewUnavailable("You have no working key for this account. Add or replace one.")
    return credential


@contextmanager
def _take_place() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise NotYet("Other previews are being fetched.")
    try:
        yield
    finally:
        _places.release()


def _await_speaking(voice: Voice) -> NoReturn:
    # The player asks every second; queue the job only once.
    if cache.add(f"speaking:{voice.pk}", True, _ASK_AGAIN_AFTER):
        enqueue_preview_synthesis(voice.pk)
    raise PreviewPending(f"Generating the preview of {voice.shown_name}.")


def _await_fetching(voice: Voice) -> NoReturn:
    looks = f"looks-for-preview:{voice.pk}"
    if not cache.add(looks, 1, _LOOKS_COUNT_FOR) and cache.incr(looks) >= _MOST_LOOKS:
        cache.delete(looks)
        raise PreviewUnavailable(f"{voice.info.label} took too long to send this preview.")
    raise PreviewPending(f"Fetching the preview of {voice.shown_name} from {voice.info.label}.")


def _download(voice: Voice, credential: Credential) -> AudioClip:
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            provider.answer_within(_SECONDS)
            return provider.preview(voice.remote_id, voice.preview_url, voice.preview_sample_id)
    except CannotOpen:
        raise PreviewUnavailable("The stored key can't be decrypted. Replace it.") from None
    except NotYet:
        raise
    except ProviderError as exc:
        raise PreviewUnavailable(exc.message) from None
