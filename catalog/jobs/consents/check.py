"""Check the recording of a consent: its words, and whether the speaker is that of the samples."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F

from catalog.audio.analysis import analysis_is_installed
from catalog.audio.analysis.spoken_phrase import (
    DOUBTFUL,
    FAILED,
    PASSED,
    judge_speaker,
    judge_words,
    match_phrase,
)
from catalog.audio.analysis.transcripts import transcripts_are_installed, write_down
from catalog.audio.decode import SILENCE, NotDecodable, decode_audio
from catalog.audio.embeddings.encoders import campplus
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.model_files import WrongWeights
from catalog.audio.embeddings.waveform import NotAWave
from catalog.audio.formats import FORMATS
from catalog.audio.tts.encoding import to_mp3
from catalog.core.media import read_media, remove_media, store_media
from catalog.jobs.consents.accept import accept_request, fail_request, leave_to_admin
from catalog.jobs.samples.prepare import read_sources
from catalog.models import CloneBatch, CloneSource, ConsentRequest

logger = logging.getLogger(__name__)

State = ConsentRequest.State
# There is nothing yet to compare with, or the library isn't installed.
LATER, SKIPPED = "later", "skipped"

LONGEST_SECONDS = 120
_MOST_TRIES = 3
_MOST_SAMPLE_SECONDS = 60
_WORDS_FAILED = "Not all words of the sentence were heard. Read it aloud again, word by word."
_OTHER_VOICE = (
    "The samples don't sound like the person who recorded the consent, so nothing was sent."
    " Use samples of that person, or ask this speaker for consent."
)
_SPEAKER_FAILED = (
    "The voice doesn't sound like the recordings that the copy is made from. The speaker has to"
    " read the sentence."
)


def check_consent(request_id: str, now: datetime) -> None:
    """Check the recording of a request and settle it; a second call does nothing."""
    rows = ConsentRequest.objects.filter(pk=request_id, state=State.CHECKING)
    request = rows.select_related("speaker", "team", "asked_by").first()
    if request is None:
        return
    path = request.recording_path
    if request.try_count >= _MOST_TRIES:
        _settle(request_id, path, {"recording": {"outcome": DOUBTFUL}}, "", now)
        return
    rows.update(try_count=F("try_count") + 1)
    try:
        wave, rate = _read(request)
    except (NotDecodable, NotAWave) as exc:
        _settle(request_id, path, {"recording": {"outcome": FAILED}}, str(exc), now)
        return
    checks = {
        "words": check_words(request, wave, rate),
        "speaker": check_speaker(request, wave, rate),
    }
    copy_path, _, _ = store_media("consents", [to_mp3(wave, rate)], "mp3")
    if not _settle(request_id, path, checks, _explain(checks), now, copy_path):
        remove_media(copy_path)


def find_unchecked() -> list[str]:
    """Return requests whose recording waits to be checked."""
    rows = ConsentRequest.objects.filter(state=State.CHECKING).order_by("recorded_at")
    return [str(pk) for pk in rows.values_list("pk", flat=True)[:50]]


@transaction.atomic
def _settle(
    request_id: str,
    path: str,
    checks: dict[str, dict[str, Any]],
    problem: str,
    now: datetime,
    copy_path: str = "",
) -> bool:
    """Store what was found; return False if another worker was faster or it was recorded again."""
    rows = ConsentRequest.objects.select_for_update(of=("self",), no_key=True)
    request = rows.filter(pk=request_id, state=State.CHECKING, recording_path=path).first()
    if request is None:
        return False
    request.checks, request.copy_path = checks, copy_path
    request.save(update_fields=["copy_path"])
    outcomes = {found["outcome"] for found in checks.values()}
    if FAILED in outcomes:
        fail_request(request, problem, now)
    elif outcomes <= {PASSED, LATER}:
        accept_request(request, None, now)
    else:
        leave_to_admin(request, now)
    return True


def _read(request: ConsentRequest) -> tuple[Wave, int]:
    try:
        content = read_media(request.recording_path)
    except OSError:
        raise NotDecodable("The recording is no longer on this server.") from None
    found = FORMATS[request.recording_format]
    wave, rate = decode_audio(content, found, max_seconds=LONGEST_SECONDS)
    if float(np.abs(wave).max(initial=0)) < SILENCE:
        raise NotDecodable("The recording is silent.")
    return wave, rate


def check_words(request: ConsentRequest, wave: Wave, rate: int) -> dict[str, Any]:
    """Return whether the sentence was said, as far as speech recognition can tell."""
    # A provider's own text has no random words of ours; a person compares it.
    if not transcripts_are_installed() or not request.words:
        return {"outcome": SKIPPED}
    try:
        heard = write_down(wave, rate, Path(settings.SPEECH_DIR), language=request.language)
    except WrongWeights:
        logger.exception("No transcript can be made")
        return {"outcome": SKIPPED}
    match = match_phrase(heard.words, request.phrase, request.words, request.language)
    return {
        "outcome": judge_words(match.found, match.share),
        "found": match.found,
        "of": len(request.words),
        "share": round(match.share, 2),
        "heard": heard.words[:1000],
    }


def check_speaker(request: ConsentRequest, wave: Wave, rate: int) -> dict[str, Any]:
    """Return whether the voice is that of the samples, as far as the encoders can tell."""
    sources = CloneSource.objects.filter(batch__speaker=request.speaker).select_related("sample")
    found = list(sources.exclude(sample__path="").order_by("-batch__asked_at", "position")[:5])
    if not analysis_is_installed():
        return {"outcome": SKIPPED}
    return _compare_samples(found, wave, rate) if found else {"outcome": LATER}


def find_other_voice(batch: CloneBatch, sources: Sequence[CloneSource]) -> str:
    """Return a message if the samples clearly aren't of the person who recorded the consent.

    Raises MediaUnavailable.
    """
    request = ConsentRequest.objects.filter(consent=batch.consent_id).first()
    if request is None or not analysis_is_installed():
        return ""
    try:
        wave, rate = _read(request)
    except NotDecodable:
        return ""
    outcome = _compare_samples(sources, wave, rate)["outcome"]
    return _OTHER_VOICE if outcome == FAILED else ""


def _compare_samples(sources: Sequence[CloneSource], wave: Wave, rate: int) -> dict[str, Any]:
    try:
        sample, sample_rate = read_sources(sources, _MOST_SAMPLE_SECONDS)
        score = compare_speakers(wave, rate, sample, sample_rate)
    except (OSError, NotDecodable, NotAWave) as exc:
        logger.info("A consent was not compared with samples: %s", exc)
        return {"outcome": DOUBTFUL}
    return {"outcome": judge_speaker(score), "score": round(score, 3)}


def compare_speakers(wave: Wave, rate: int, other: Wave, other_rate: int) -> float:
    """Return how alike two voices are, up to 1; raises NotAWave."""
    judge = campplus()
    return float(judge.embed(wave, rate) @ judge.embed(other, other_rate))


def _explain(checks: dict[str, dict[str, Any]]) -> str:
    if checks["words"]["outcome"] == FAILED:
        return _WORDS_FAILED
    return _SPEAKER_FAILED if checks["speaker"]["outcome"] == FAILED else ""
