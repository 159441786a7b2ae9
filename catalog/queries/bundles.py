"""A speaker as one file: what goes into it, and what it would add."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db.models import Q

from catalog import policies
from catalog.audio.formats import AudioFormat
from catalog.core.bundle_files import BundleReader
from catalog.core.media import find_media_size, read_media_part
from catalog.models import (
    BundledClone,
    CloneBatch,
    CloneJob,
    Consent,
    Note,
    Sample,
    Speaker,
    TagUse,
    User,
    Voice,
)

FORMAT, VERSION = "voiceboard speaker", 1
# What describes a clone, in jobs and in what bundles told.
SETTINGS = (
    "name", "description", "removes_noise", "language", "gender", "transcript",
)  # fmt: skip


@dataclass(slots=True)
class BundleContents:
    """The manifest without its list of files, and how to read each of these."""

    manifest: dict[str, Any]
    files: dict[str, Callable[[], Iterator[bytes]]] = field(default_factory=dict)

    def add_file(self, folder: str, path: str, ending: str) -> str:
        """Add a stored file and return its name in the bundle, "" if it is gone."""
        size = find_media_size(path) if path else None
        if size is None:
            return ""
        name = f"{folder}/{len(self.files) + 1}.{ending}"
        self.files[name] = partial(read_media_part, path, 0, size)
        return name


@dataclass(slots=True)
class BundleSample:
    """A recording of a bundle."""

    file: str
    filename: str
    audio_format: AudioFormat


@dataclass(slots=True)
class SpeakerBundle:
    """A bundle whose every part was checked."""

    reader: BundleReader
    speaker: str
    samples: list[BundleSample]
    consents: list[dict[str, Any]]
    clones: list[dict[str, Any]]

    @property
    def summary(self) -> dict[str, Any]:
        """What importing would add, for a page."""
        return {
            "speaker": self.speaker,
            "samples": [sample.filename for sample in self.samples],
            "consents": [
                {
                    "statement": each["statement"],
                    "attested_by": each["attested_by"],
                    "ends_on": each["ends_on"].isoformat() if each["ends_on"] else "",
                    "is_withdrawn": each["withdrawn_at"] is not None,
                    "has_proof": bool(each["proof"]),
                    "has_receipt": bool(each["receipt"]),
                }
                for each in self.consents
            ],
            "clones": [each["name"] for clone in self.clones for each in clone["settings"]],
        }


def describe_speaker(user: User, speaker: Speaker, now: datetime) -> BundleContents:
    """Return a speaker with what the user can see: no keys, and nothing that is one person's."""
    made: dict[str, Any] = {"format": FORMAT, "version": VERSION, "speaker": speaker.name}
    contents = BundleContents(made | {"made_at": now.isoformat(timespec="seconds")})
    batches = list(find_bundle_batches(user, speaker))
    samples = _describe_samples(contents, user, batches)
    consents = list(speaker.consents.select_related("attested_by").order_by("attested_at", "pk"))
    contents.manifest |= {
        "samples": list(samples.values()),
        "consents": [_describe_consent(contents, each) for each in consents],
        "clones": [],
    }
    places = {consent.pk: place for place, consent in enumerate(consents)}
    for batch in batches:
        contents.manifest["clones"].append(
            {
                "consent": places[batch.consent_id],
                "sources": [
                    {
                        "sample": samples[source.sample_id]["file"],
                        "start": source.start_seconds,
                        "end": source.end_seconds,
                    }
                    for source in batch.sources.order_by("position")
                    if source.sample_id in samples
                ],
                "settings": [*_describe_jobs(user, batch), *map(_describe_told, _told(batch))],
            }
        )
    return contents


def find_bundle_batches(user: User, speaker: Speaker) -> "list[CloneBatch]":
    """Return the batches of a speaker that the user can see: with visible jobs, or imported."""
    jobs = CloneJob.objects.visible_to(user).filter(batch__speaker=speaker)
    told = BundledClone.objects.filter(batch__speaker=speaker)
    seen = Q(pk__in=jobs.values("batch")) | Q(pk__in=told.values("batch"))
    return list(CloneBatch.objects.filter(seen, speaker=speaker).order_by("asked_at", "pk"))


def _told(batch: CloneBatch) -> list[BundledClone]:
    return list(batch.bundled_clones.order_by("pk"))


def _describe_samples(
    contents: BundleContents, user: User, batches: list[CloneBatch]
) -> dict[Any, dict[str, Any]]:
    rows = Sample.objects.filter(sources__batch__in=batches).distinct()
    found = {}
    for sample in rows.order_by("sha256", "pk"):
        if name := contents.add_file("samples", sample.path, sample.audio_format):
            found[sample.pk] = {"file": name, "filename": sample.filename}
    return found


def _describe_consent(contents: BundleContents, consent: Consent) -> dict[str, Any]:
    ending = consent.proof_path.rpartition(".")[2]
    request = getattr(consent, "request", None)
    receipt = request.receipt if request else ""
    return {
        "given_by": consent.given_by,
        "relation": consent.relation,
        "allowed_use": consent.allowed_use,
        "use_note": consent.use_note,
        "ends_on": consent.ends_on.isoformat() if consent.ends_on else None,
        "limited_to": consent.limited_to.isoformat() if consent.limited_to else None,
        "statement": consent.statement,
        "attested_by": consent.elsewhere.get("attested_by") or str(consent.attested_by),
        "attested_at": _moment(consent.attested_at),
        "withdrawn_at": _moment(consent.withdrawn_at),
        "spoken_at": _moment(consent.spoken_at) or consent.elsewhere.get("spoken_at", ""),
        "receipt": receipt or consent.elsewhere.get("receipt", ""),
        "proof": contents.add_file("proofs", consent.proof_path, ending),
        "proof_filename": consent.proof_filename,
    }


def _describe_jobs(user: User, batch: CloneBatch) -> list[dict[str, Any]]:
    jobs = CloneJob.objects.visible_to(user).filter(batch=batch).select_related("account", "voice")
    return [
        {name: getattr(job, name) for name in SETTINGS}
        | {"provider": job.account.provider, "marks": _describe_marks(job.voice)}
        for job in jobs.order_by("created_at", "pk")
    ]


def _describe_told(told: BundledClone) -> dict[str, Any]:
    values = {name: getattr(told, name) for name in SETTINGS}
    return values | {"provider": told.provider, "marks": told.marks}


def _describe_marks(voice: Voice | None) -> dict[str, Any]:
    """Return what the team put on a voice. Stars and ratings belong to persons, and stay here."""
    if voice is None:
        return {}
    tags = TagUse.objects.filter(voice=voice).values_list("tag__name", flat=True)
    notes = Note.objects.kept().filter(voice=voice).order_by("written_at", "pk")
    marks = {
        "name": voice.own_name,
        "labels": voice.own_labels,
        "tags": sorted(tags),
        "notes": list(notes.values_list("text", flat=True)),
    }
    return {name: value for name, value in marks.items() if value}


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


def find_namesakes(user: User, name: str) -> int:
    """Return how many speakers of this name the user can see."""
    return Speaker.objects.visible_to(user).filter(name=name).count()


def may_export(user: User, speaker: Speaker) -> bool:
    """Allow admins: a bundle holds recordings of a person. Not of speakers who have withdrawn."""
    is_there = speaker.withdrawing_since is None
    return is_there and policies.may_manage_people(user, speaker.team)


def find_bundled_clones(speaker: Speaker) -> list[BundledClone]:
    """Return the settings of the speaker's clones that bundles brought."""
    rows = BundledClone.objects.filter(batch__speaker=speaker)
    return list(rows.order_by("batch__asked_at", "pk"))
