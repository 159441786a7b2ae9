"""Voices as plain values for an export: what the list and their pages show of them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalog.models import (
    CloneJob,
    Collection,
    CollectionEntry,
    Keep,
    PlannedDeletion,
    Protection,
    Rating,
    User,
    Voice,
)
from catalog.models.cleanups.keeps import find_all_responsible
from catalog.queries.annotations import Marks, find_marks
from catalog.queries.usage import LastUsage, find_last_uses

_BATCH = 500
EXPORT_COLUMNS = (
    "name",
    "provider",
    "account",
    "voice_id",
    "kind",
    "gender",
    "age",
    "accent",
    "languages",
    "use_cases",
    "styles",
    "description",
    "state",
    "state_note",
    "badges",
    "ends_at",
    "end_note",
    "plan_note",
    "preview_seconds",
    "details",
    "made_at",
    "added_at",
    "changed_at",
    "archived_at",
    "gone_at",
    "is_owned",
    "owner",
    "last_used_at",
    "last_used_how",
    "play_count",
    "protection",
    "protected_by",
    "protection_reason",
    "kept_until",
    "deletion_at",
    "is_starred_by_me",
    "tags",
    "collections",
    "my_rating",
    "rating",
    "rating_count",
    "notes",
    "speaker",
    "consent_given_by",
    "consent_by",
    "consent_at",
    "consent_relation",
    "consent_use",
    "consent_use_note",
    "consent_until",
    "consent_statement",
    "consent_proof",
    "cloned_by",
    "cloned_at",
    "taken_over_by",
    "sample_file",
    "sample_sha256",
)
_TRACED = EXPORT_COLUMNS[EXPORT_COLUMNS.index("speaker") :]


@dataclass(frozen=True, slots=True)
class _Around:
    """What a batch of voices has in other tables, by voice id."""

    marks: Marks
    own_ratings: dict[int, int]
    collections: dict[int, list[str]]
    owners: dict[int, User]
    uses: dict[int, LastUsage]
    protections: dict[int, Protection]
    keeps: dict[int, Keep]
    deletions: dict[int, PlannedDeletion]
    jobs: dict[int, CloneJob]


def iterate_exported(user: User, voice_ids: list[int], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the export row of each voice, in order; reads in batches."""
    for start in range(0, len(voice_ids), _BATCH):
        ids = voice_ids[start : start + _BATCH]
        rows = Voice.objects.visible_to(user).filter(pk__in=ids).select_related("account", "clip")
        voices = {row.pk: row for row in rows.prefetch_related("labels", "notes__author")}
        around = _look_around(user, voices, now)
        for pk in ids:
            if pk in voices:
                voice = voices[pk]
                yield (
                    _describe(voice)
                    | _say_care(voice, around)
                    | _say_team_marks(voice, around)
                    | _trace(around.jobs.get(pk))
                )


def _look_around(user: User, voices: dict[int, Voice], now: datetime) -> _Around:
    ids = list(voices)
    ratings = Rating.objects.filter(user=user, voice__in=ids)
    protections = Protection.objects.filter(voice__in=ids).select_related("set_by")
    deletions = PlannedDeletion.objects.held().filter(voice__in=ids).select_related("plan")
    return _Around(
        marks=find_marks(user, ids),
        own_ratings=dict(ratings.values_list("voice", "value")),
        collections=_find_collections(user, ids),
        owners=find_all_responsible([pk for pk, voice in voices.items() if voice.is_owned]),
        uses=find_last_uses(voices.values()),
        protections={row.voice_id: row for row in protections},
        keeps={row.voice_id: row for row in Keep.objects.active(now).filter(voice__in=ids)},
        deletions={row.voice_id: row for row in deletions if row.voice_id},
        jobs=_find_jobs(ids),
    )


def _find_collections(user: User, voice_ids: list[int]) -> dict[int, list[str]]:
    visible = Collection.objects.visible_to(user).kept().order_by().values("pk")
    entries = CollectionEntry.objects.filter(voice__in=voice_ids, collection__in=visible)
    found: dict[int, list[str]] = defaultdict(list)
    rows = entries.order_by("collection__name", "pk").values_list("voice", "collection__name")
    for pk, name in rows:
        found[pk].append(name)
    return found


def _find_jobs(voice_ids: list[int]) -> dict[int, CloneJob]:
    jobs = CloneJob.objects.filter(voice__in=voice_ids).select_related(
        "requested_by", "kept_by", "batch__consent__attested_by", "batch__consent__speaker"
    )
    rows = jobs.prefetch_related("batch__sources__sample")
    return {job.voice_id: job for job in rows.order_by("created_at") if job.voice_id}


def _describe(voice: Voice) -> dict[str, Any]:
    clip = getattr(voice, "clip", None)
    return {
        "name": voice.shown_name,
        "provider": voice.info.label,
        "account": voice.account.label,
        "voice_id": voice.remote_id,
        "kind": voice.kind,
        "gender": voice.gender,
        "age": voice.age,
        "accent": voice.accent,
        "languages": voice.values_of("language"),
        "use_cases": voice.values_of("use_case"),
        "styles": voice.values_of("style"),
        "description": voice.description,
        "state": "gone" if voice.is_gone else voice.state,
        "state_note": voice.gone_reason if voice.is_gone else voice.state_note,
        "badges": voice.values_of("badge"),
        "ends_at": _moment(voice.ends_at),
        "end_note": voice.end_note,
        "plan_note": voice.plan_note,
        "preview_seconds": clip.seconds if clip else None,
        "details": voice.shown_details,
        "made_at": _moment(voice.remote_created_at),
        "added_at": _moment(voice.added_at),
        "changed_at": _moment(voice.changed_at),
        "archived_at": _moment(voice.archived_at),
        "gone_at": _moment(voice.remote_deleted_at),
    }


def _say_care(voice: Voice, around: _Around) -> dict[str, Any]:
    """Return who is responsible for the voice, when it was used, and whether it stays."""
    protection, use = around.protections.get(voice.pk), around.uses[voice.pk]
    keep, deletion = around.keeps.get(voice.pk), around.deletions.get(voice.pk)
    owner = around.owners.get(voice.pk)
    return {
        "is_owned": voice.is_owned,
        "owner": str(owner) if owner else None,
        "last_used_at": _moment(use.at),
        "last_used_how": use.way,
        "play_count": use.play_count or 0,
        "protection": protection.kind if protection else None,
        "protected_by": str(protection.set_by) if protection else None,
        "protection_reason": protection.reason if protection else None,
        "kept_until": _moment(keep.until) if keep else None,
        "deletion_at": _moment(deletion.plan.due_at) if deletion else None,
    }


def _say_team_marks(voice: Voice, around: _Around) -> dict[str, Any]:
    marks, score = around.marks, around.marks.scores.get(voice.pk)
    return {
        "is_starred_by_me": voice.pk in marks.starred,
        "tags": [tag.name for tag in marks.tags.get(voice.pk, [])],
        "collections": around.collections.get(voice.pk, []),
        "my_rating": around.own_ratings.get(voice.pk),
        "rating": round(score.mean, 2) if score else None,
        "rating_count": score.count if score else 0,
        "notes": [
            f"{note.author}: {note.text}" for note in voice.notes.all() if not note.removed_at
        ],
    }


def _trace(job: CloneJob | None) -> dict[str, Any]:
    """Return the speaker, consent, and recordings of a clone that was made here."""
    if job is None:
        return dict.fromkeys(_TRACED)
    consent = job.batch.consent
    samples = [source.sample for source in job.batch.sources.all()]
    return {
        "speaker": consent.speaker.name,
        "consent_given_by": consent.given_by,
        "consent_by": str(consent.attested_by),
        "consent_at": _moment(consent.attested_at),
        "consent_relation": consent.relation,
        "consent_use": consent.allowed_use,
        "consent_use_note": consent.use_note,
        "consent_until": _moment(consent.ends_on),
        "consent_statement": consent.statement,
        "consent_proof": consent.proof_filename,
        "cloned_by": str(job.requested_by),
        "cloned_at": _moment(job.created_at),
        "taken_over_by": str(job.kept_by) if job.kept_by else None,
        "sample_file": "; ".join(sample.filename for sample in samples),
        "sample_sha256": "; ".join(sample.sha256 for sample in samples),
    }


def _moment(at: datetime | date | None) -> str | None:
    return at.isoformat() if at else None
