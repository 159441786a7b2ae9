"""Compare speech of clones with the samples they were made from."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from catalog.audio.analysis import analysis_is_installed
from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.embeddings.encoders import voicefilter
from catalog.audio.embeddings.waveform import NotAWave
from catalog.audio.formats import FORMATS
from catalog.core.media import read_media
from catalog.jobs.samples.prepare import read_sources
from catalog.jobs.syntheses import LONGEST_CLIP_SECONDS
from catalog.models import ClipSimilarity, CloneJob, CloneSource, SynthesizedClip
from catalog.models.similarity import unscored_clips

logger = logging.getLogger(__name__)

# A longer sample doesn't improve the embedding.
_MOST_SAMPLE_SECONDS = 60


def score_clip(clip_id: str, now: datetime) -> None:
    """Store how similar the clip is to the samples; a second call does nothing."""
    clip = unscored_clips().filter(pk=clip_id).first()
    if clip is None or not analysis_is_installed():
        return
    score = None
    try:
        score = _compare(clip)
    except (OSError, NotDecodable, NotAWave) as exc:
        # Stored without a score, so it is not retried forever.
        logger.info("Clip %s was not compared with its samples: %s", clip.pk, exc)
    try:
        with transaction.atomic():
            ClipSimilarity.objects.create(clip=clip, score=score, judged_at=now)
    except IntegrityError:
        logger.info("Clip %s is gone, or another worker was faster", clip.pk)


def find_unscored(speech_id: str = "") -> list[str]:
    """Return clips that were not compared yet, of all syntheses or of one."""
    if not analysis_is_installed():
        return []
    rows = unscored_clips().filter(**({"syntheses": speech_id} if speech_id else {}))
    return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)[:50]]


def _compare(clip: SynthesizedClip) -> float:
    job = CloneJob.objects.filter(voice=clip.voice, state=CloneJob.State.READY).latest("created_at")
    sources = CloneSource.objects.filter(batch=job.batch_id).select_related("sample")
    sample, sample_rate = read_sources(list(sources.order_by("position")), _MOST_SAMPLE_SECONDS)
    found = next(each for each in FORMATS.values() if each.content_type == clip.content_type)
    content = read_media(clip.path)
    said, rate = decode_audio(content, found, max_seconds=LONGEST_CLIP_SECONDS)
    # No voice search optimizes for this encoder, so the local provider gains no advantage.
    judge = voicefilter()
    return float(judge.embed(said, rate) @ judge.embed(sample, sample_rate))
