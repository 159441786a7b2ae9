"""Convert clips of a blind comparison to one format, which would otherwise reveal the provider."""

import logging
from datetime import datetime

from django.db.models import QuerySet

from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.formats import FORMATS
from catalog.audio.tts.encoding import to_mp3
from catalog.core.media import read_media, remove_media, store_media
from catalog.jobs.syntheses import LONGEST_CLIP_SECONDS
from catalog.models import ComparedVoice, Synthesis, SynthesizedClip

logger = logging.getLogger(__name__)

_RATE = 24_000


def disguise_clip(entry_id: str, _: datetime) -> None:
    """Make the copy that blind listeners hear; a second call does nothing."""
    rows = _undisguised().filter(pk=entry_id).select_related("speech__clip")
    entry = rows.first()
    if entry is None or entry.speech is None or entry.speech.clip is None:
        return
    clip = entry.speech.clip
    try:
        path, _size, _digest = store_media("disguised", [_convert(clip)], "mp3")
    except (OSError, NotDecodable):
        # The page reports a missing clip, as it does for any other clip.
        logger.warning("Clip %s could not be disguised", clip.pk)
        path = clip.path
    if not _undisguised().filter(pk=entry.pk).update(disguised_path=path) and path != clip.path:
        remove_media(path)


def find_undisguised(speech_id: object = None) -> list[str]:
    """Return entries of blind comparisons that have no copy yet."""
    rows = _undisguised().filter(**({"speech": speech_id} if speech_id else {}))
    return [str(pk) for pk in rows.values_list("pk", flat=True)[:50]]


def forget_disguises() -> None:
    """Delete the copies of comparisons that were revealed."""
    known = ComparedVoice.objects.filter(comparison__revealed_at__isnull=False)
    for entry in known.exclude(disguised_path="").select_related("speech__clip"):
        clip = entry.speech.clip if entry.speech else None
        path = entry.disguised_path
        ComparedVoice.objects.filter(pk=entry.pk).update(disguised_path="")
        if clip is None or path != clip.path:
            remove_media(path)


def _undisguised() -> QuerySet[ComparedVoice]:
    return ComparedVoice.objects.filter(
        comparison__is_blind=True,
        comparison__revealed_at=None,
        speech__state=Synthesis.State.DONE,
        speech__clip__isnull=False,
        disguised_path="",
    )


def _convert(clip: SynthesizedClip) -> bytes:
    found = next(each for each in FORMATS.values() if each.content_type == clip.content_type)
    content = read_media(clip.path)
    wave, rate = decode_audio(content, found, max_seconds=LONGEST_CLIP_SECONDS, rate=_RATE)
    return to_mp3(wave, rate)
