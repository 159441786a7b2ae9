"""Erase what Voiceboard itself keeps of a speaker's voice: files first, then their rows."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from catalog.core.media import get_media_store
from catalog.models import (
    ComparedVoice,
    Consent,
    ConsentRequest,
    PreviewClip,
    Sample,
    SampleReport,
    SynthesizedClip,
    Voice,
    VoiceEmbedding,
)
from catalog.models.voices.versions import raise_account_version

_ERASED = "Erased, because the speaker withdrew their permission."


def remove_files(paths: Iterable[str]) -> None:
    """Delete stored files; raises MediaUnavailable, because an orphan would outlast the report."""
    store = get_media_store()
    for path in paths:
        if path:
            store.remove(path)


def erase_preview(voice: Voice) -> None:
    """Erase the preview clip of a voice."""
    for clip in PreviewClip.objects.filter(voice=voice):
        remove_files([clip.path])
        with transaction.atomic():
            PreviewClip.objects.filter(pk=clip.pk, path=clip.path).delete()
            Voice.objects.filter(pk=voice.pk).update(has_generated_preview=False)
            raise_account_version(voice.account_id)


def erase_embedding(voice: Voice) -> None:
    """Erase the measurements by which similar voices are found."""
    VoiceEmbedding.objects.filter(voice=voice).delete()


def erase_speech(voice: Voice) -> None:
    """Erase every clip that the voice has said, and its copies in blind comparisons.

    The texts stay in the history, because they belong to the people who wrote them.
    """
    for entry in ComparedVoice.objects.filter(voice=voice).exclude(disguised_path=""):
        remove_files([entry.disguised_path])
        ComparedVoice.objects.filter(pk=entry.pk).update(disguised_path="")
    for clip in SynthesizedClip.objects.filter(voice=voice):
        remove_files([clip.path])
        SynthesizedClip.objects.filter(pk=clip.pk).delete()


def erase_sample(sample_id: str, now: datetime, words: str = _ERASED) -> None:
    """Erase the files of a recording and what was measured in it; its row says that it existed."""
    sample = Sample.objects.filter(pk=sample_id).first()
    if sample is not None:
        remove_files(sample.paths)
        forget_sample(sample, now, words)


@transaction.atomic
def forget_sample(sample: Sample, now: datetime, words: str) -> list[str]:
    """Erase what the database holds of a recording, and return the files that it had."""
    SampleReport.objects.filter(sample=sample).delete()
    Sample.objects.filter(pk=sample.pk).update(
        path="", copy_path="", peaks=[], is_playable=False, problem=words, erased_at=now
    )
    return sample.paths


@transaction.atomic
def forget_consent(consent: Consent, now: datetime) -> list[str]:
    """Erase what was attested, and return the files that proved it."""
    spoken = ConsentRequest.objects.filter(consent=consent)
    paths = {consent.proof_path}
    for request in spoken:
        paths |= {request.recording_path, request.copy_path}
    spoken.update(recording_path="", copy_path="")
    Consent.objects.filter(pk=consent.pk).update(
        erased_at=now,
        withdrawn_at=consent.withdrawn_at or now,
        given_by="",
        use_note="",
        proof_path="",
        proof_filename="",
    )
    return sorted(paths - {""})


def erase_proof(key: str) -> None:
    """Erase the file or recording that proves a consent; what was attested stays."""
    kind, _, request_id = key.rpartition(" ")
    if kind:
        _erase_spoken(request_id)
        return
    for consent in Consent.objects.filter(pk=key):
        remove_files([consent.proof_path])
        Consent.objects.filter(pk=consent.pk).update(proof_path="")


def _erase_spoken(request_id: str) -> None:
    """Erase what the speaker said; the receipt has its SHA-256."""
    for request in ConsentRequest.objects.filter(pk=request_id):
        remove_files([request.recording_path, request.copy_path])
        rows = ConsentRequest.objects.filter(pk=request.pk)
        rows.update(recording_path="", copy_path="")
        # The recording is the proof of its consent, too.
        Consent.objects.filter(request=request, proof_path=request.recording_path).update(
            proof_path=""
        )
