"""Compute embeddings of previews and dropped clips; calls no provider."""

import logging
from datetime import datetime, timedelta

import numpy as np
from django.db import IntegrityError, transaction

from catalog.audio.analysis import analysis_is_installed
from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.embeddings.encoders import ge2e
from catalog.audio.embeddings.nearest_neighbors import ENCODER, pack_vector
from catalog.audio.embeddings.waveform import RATE, NotAWave
from catalog.audio.formats import FORMATS, AudioFormat
from catalog.core.media import read_media, remove_media
from catalog.jobs.base.leases import Clock
from catalog.models import PreviewClip, SoundQuery, VoiceEmbedding
from catalog.models.similarity import unembedded_clips

logger = logging.getLogger(__name__)

# Small batches, so that other work of the queue comes in between.
_HEARD_AT_ONCE = 24
_LONGEST_SECONDS = 600
_QUERY_LIVES = timedelta(days=1)


class _NothingHeard(Exception):
    """No voice could be recognized; the message says why."""


def embed_previews(clock: Clock) -> bool:
    """Analyze some of the clips that have no embedding; return whether more remain."""
    if not analysis_is_installed():
        return False
    clips = list(unembedded_clips(ENCODER).order_by("-pk")[:_HEARD_AT_ONCE])
    for clip in clips:
        embed_clip(clip, clock())
    return len(clips) == _HEARD_AT_ONCE


def embed_clip(clip: PreviewClip, now: datetime) -> None:
    """Store the embedding of the clip's voice; a second call does no harm."""
    if not analysis_is_installed():
        return
    found = next(each for each in FORMATS.values() if each.content_type == clip.content_type)
    try:
        vector = _hear(clip.path, found)
    except _NothingHeard as exc:
        # Stored as empty, so it is not decoded again and again.
        logger.info("No speech found in preview clip %s: %s", clip.pk, exc)
        vector = b""
    try:
        with transaction.atomic():
            VoiceEmbedding.objects.filter(voice=clip.voice_id).delete()
            VoiceEmbedding.objects.create(
                voice_id=clip.voice_id,
                clip_path=clip.path,
                encoder=ENCODER,
                vector=vector,
                made_at=now,
            )
    except IntegrityError:
        logger.info("The voice of clip %s is gone, or another worker finished first", clip.pk)


def embed_one(clip_id: str, now: datetime) -> None:
    """Analyze one preview that someone is waiting for."""
    clip = PreviewClip.objects.filter(pk=clip_id).first()
    if clip is not None:
        embed_clip(clip, now)


def analyze_query(query_id: str, _: datetime) -> None:
    """Analyze a dropped clip, then delete its file."""
    query = SoundQuery.objects.filter(pk=query_id, state=SoundQuery.State.WAITING).first()
    if query is None or not analysis_is_installed():
        return
    values = {"state": SoundQuery.State.HEARD, "path": ""}
    try:
        found: dict[str, object] = {"vector": _hear(query.path, FORMATS[query.audio_format])}
    except _NothingHeard as exc:
        found = {"state": SoundQuery.State.FAILED, "problem": str(exc)}
    SoundQuery.objects.filter(pk=query.pk).update(**{**values, **found})
    remove_media(query.path)


def find_waiting_queries() -> list[str]:
    """Return dropped clips that are waiting for analysis."""
    rows = SoundQuery.objects.filter(state=SoundQuery.State.WAITING)
    return [str(pk) for pk in rows.values_list("pk", flat=True)[:50]]


def forget_queries(now: datetime) -> None:
    """Delete dropped clips and their results after a day."""
    for query in SoundQuery.objects.filter(asked_at__lt=now - _QUERY_LIVES):
        query.delete()
        if query.path:
            remove_media(query.path)


def _hear(path: str, found: AudioFormat) -> bytes:
    try:
        content = read_media(path)
        wave, rate = decode_audio(content, found, max_seconds=_LONGEST_SECONDS, rate=RATE)
        if float(np.abs(wave).max()) < 10 ** (-60 / 20):
            raise _NothingHeard("This recording is silent.")
        return pack_vector(ge2e().embed(wave, rate))
    except OSError:
        raise _NothingHeard("The recording is no longer on this server.") from None
    except (NotDecodable, NotAWave) as exc:
        raise _NothingHeard(str(exc)) from None
