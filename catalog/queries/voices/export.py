"""Voices as plain values for an export, with annotations, origin, and consent."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from catalog.models import CloneJob, User, Voice
from catalog.queries.annotations import Marks, find_marks

_BATCH = 500
EXPORT_COLUMNS = (
    "name",
    "provider",
    "voice_id",
    "kind",
    "gender",
    "age",
    "accent",
    "languages",
    "use_cases",
    "description",
    "state",
    "is_owned",
    "made_at",
    "added_at",
    "changed_at",
    "archived_at",
    "is_starred_by_me",
    "tags",
    "rating",
    "rating_count",
    "notes",
    "speaker",
    "consent_by",
    "consent_at",
    "consent_statement",
    "cloned_by",
    "cloned_at",
    "sample_file",
    "sample_sha256",
)


def iterate_exported(user: User, voice_ids: list[int]) -> Iterator[dict[str, Any]]:
    """Yield the export row of each voice, in order; reads in batches."""
    for start in range(0, len(voice_ids), _BATCH):
        ids = voice_ids[start : start + _BATCH]
        rows = Voice.objects.visible_to(user).filter(pk__in=ids).select_related("account")
        voices = {row.pk: row for row in rows.prefetch_related("labels", "notes__author")}
        marks, jobs = find_marks(user, voices), _find_jobs(ids)
        for pk in ids:
            if pk in voices:
                yield _describe(voices[pk], marks) | _trace(jobs.get(pk))


def _find_jobs(voice_ids: list[int]) -> dict[int, CloneJob]:
    jobs = CloneJob.objects.filter(voice__in=voice_ids).select_related(
        "requested_by", "batch__consent__attested_by", "batch__consent__speaker"
    )
    rows = jobs.prefetch_related("batch__sources__sample")
    return {job.voice_id: job for job in rows.order_by("created_at") if job.voice_id}


def _describe(voice: Voice, marks: Marks) -> dict[str, Any]:
    score = marks.scores.get(voice.pk)
    notes = [f"{note.author}: {note.text}" for note in voice.notes.all() if not note.removed_at]
    return {
        "name": voice.shown_name,
        "provider": voice.info.label,
        "voice_id": voice.remote_id,
        "kind": voice.kind,
        "gender": voice.gender,
        "age": voice.age,
        "accent": voice.accent,
        "languages": voice.values_of("language"),
        "use_cases": voice.values_of("use_case"),
        "description": voice.description,
        "state": "gone" if voice.is_gone else voice.state,
        "is_owned": voice.is_owned,
        "made_at": _moment(voice.remote_created_at),
        "added_at": _moment(voice.added_at),
        "changed_at": _moment(voice.changed_at),
        "archived_at": _moment(voice.archived_at),
        "is_starred_by_me": voice.pk in marks.starred,
        "tags": [tag.name for tag in marks.tags.get(voice.pk, [])],
        "rating": round(score.mean, 2) if score else None,
        "rating_count": score.count if score else 0,
        "notes": notes,
    }


def _trace(job: CloneJob | None) -> dict[str, Any]:
    """Return the speaker, consent, and recordings of a clone that was made here."""
    if job is None:
        return dict.fromkeys(EXPORT_COLUMNS[EXPORT_COLUMNS.index("speaker") :])
    consent = job.batch.consent
    samples = [source.sample for source in job.batch.sources.all()]
    return {
        "speaker": consent.speaker.name,
        "consent_by": str(consent.attested_by),
        "consent_at": _moment(consent.attested_at),
        "consent_statement": consent.statement,
        "cloned_by": str(job.requested_by),
        "cloned_at": _moment(job.created_at),
        "sample_file": "; ".join(sample.filename for sample in samples),
        "sample_sha256": "; ".join(sample.sha256 for sample in samples),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
