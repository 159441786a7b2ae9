"""Analyze a sample for its report, once, independent of the clone."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from catalog.audio.analysis.measure import measure_sample_sound
from catalog.audio.analysis.transcripts import (
    TranscribedText,
    transcripts_are_installed,
    write_down,
)
from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.model_files import WrongWeights
from catalog.audio.embeddings.waveform import NotAWave
from catalog.audio.formats import FORMATS
from catalog.audio.transcode import LONGEST_SECONDS
from catalog.core.media import read_media, remove_media
from catalog.models import Sample, SampleReport

logger = logging.getLogger(__name__)

_LEAST_SPEECH = 0.15
_UNUSED_LIVES = timedelta(days=1)


def make_report(report_id: str, _: datetime) -> None:
    """Measure the report's sample; a second call does nothing."""
    report = SampleReport.objects.select_related("sample").filter(pk=report_id).first()
    if report is None or not report.is_waiting:
        return
    try:
        values = _listen(report.sample)
    except (NotDecodable, NotAWave) as exc:
        values = {"state": SampleReport.State.FAILED, "problem": str(exc)}
    SampleReport.objects.filter(pk=report_id, state=SampleReport.State.WAITING).update(**values)


def find_waiting_reports() -> list[str]:
    """Return reports that are waiting to be made."""
    rows = SampleReport.objects.filter(state=SampleReport.State.WAITING)
    return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)[:50]]


def forget_unused_samples(now: datetime) -> None:
    """Delete recordings that were never used for a clone, one day after their upload."""
    old = Sample.objects.filter(uploaded_at__lt=now - _UNUSED_LIVES)
    unused = old.filter(sources=None, cleaned__sources=None)
    for sample in unused.exclude(report=None, original=None).select_related("cleaned"):
        paths = [path for each in (sample, sample.without_noise) if each for path in each.paths]
        Sample.objects.filter(pk=sample.pk).delete()
        for path in paths:
            remove_media(path)


def _listen(sample: Sample) -> dict[str, object]:
    try:
        content = read_media(sample.path)
    except OSError:
        raise NotDecodable("The sample is no longer on this server.") from None
    found = FORMATS[sample.audio_format]
    wave, rate = decode_audio(content, found, max_seconds=LONGEST_SECONDS)
    measures = measure_sample_sound(wave, rate)
    speaks = measures.speech_share is None or measures.speech_share >= _LEAST_SPEECH
    spoken = _write_down(wave, rate) if speaks else TranscribedText("", "")
    return {
        "state": SampleReport.State.READY,
        "measures": asdict(measures),
        "words": spoken.words,
        "language": spoken.language,
    }


def _write_down(wave: Wave, rate: int) -> TranscribedText:
    if not transcripts_are_installed():
        return TranscribedText("", "")
    try:
        return write_down(wave, rate, Path(settings.SPEECH_DIR))
    except WrongWeights:
        # The transcript is optional; the report is useful without it.
        logger.exception("No transcript can be made")
        return TranscribedText("", "")
