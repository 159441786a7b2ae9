"""A speaker or a collection as one file: what goes into it, and what it would add."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.db.models import Q

from catalog import policies
from catalog.audio.formats import AudioFormat
from catalog.core.bundle_files import BundleReader
from catalog.core.media import find_media_size, read_media_part
from catalog.models import (
    BundledClone,
    BundledVoice,
    CloneBatch,
    CloneJob,
    Collection,
    CollectionEntry,
    Consent,
    Note,
    Sample,
    Speaker,
    TagUse,
    User,
    Voice,
    VoiceLabel,
)
from catalog.queries.collections import find_bundled_voices

FORMAT, VERSION = "voiceboard speaker", 1
COLLECTION_FORMAT = "voiceboard collection"
# Zip headers and the manifest come on top of the files.
_SPARE_BYTES = 2_000_000
MOST_VOICES = 1_000
# What describes a clone, in jobs and in imported bundles.
SETTINGS = (
    "name", "description", "removes_noise", "language", "gender", "transcript",
)  # fmt: skip
# What a provider said of a voice.
FACTS = ("name", "kind", "language", "gender", "age", "accent", "description")
_LONGEST_DESCRIPTION = 1_000


@dataclass(slots=True)
class BundleContents:
    """The manifest without its list of files, and how to read each of these."""

    manifest: dict[str, Any]
    files: dict[str, Callable[[], Iterator[bytes]]] = field(default_factory=dict)
    speakers: list[Speaker] = field(default_factory=list)

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


@dataclass(slots=True)
class CollectionBundle:
    """A bundle of a collection whose every part was checked.

    A voice's ``speaker`` and ``clone`` are its place in ``speakers`` and in the clones of that.
    """

    reader: BundleReader
    name: str
    description: str
    is_shared: bool
    left_out: int
    voices: list[dict[str, Any]]
    speakers: list[SpeakerBundle]

    @property
    def summary(self) -> dict[str, Any]:
        """What importing would add, for a page."""
        names = "provider", "remote_id", "name", "speaker"
        return {
            "collection": self.name,
            "description": self.description,
            "is_shared": self.is_shared,
            "left_out": self.left_out,
            "voices": [{name: voice[name] for name in names} for voice in self.voices],
            "speakers": [speaker.summary for speaker in self.speakers],
        }


Bundle = SpeakerBundle | CollectionBundle


def most_bundle_bytes() -> int:
    """Return the size of the largest bundle that can be imported: that of the largest upload."""
    return 2 * settings.SAMPLE_MAX_BYTES


def open_bundle(file: IO[bytes]) -> BundleReader:
    """Return the checked file; raises BundleRefused if it couldn't be imported."""
    return BundleReader(file, most_bytes=most_bundle_bytes() + _SPARE_BYTES)


def describe_speaker(user: User, speaker: Speaker, now: datetime) -> BundleContents:
    """Return a speaker with what the user can see: no keys, and nothing that is one person's."""
    made = _start(FORMAT, now)
    contents = BundleContents(made, speakers=[speaker])
    batches = find_bundle_batches(user, speaker)
    contents.manifest |= _describe_person(contents, user, speaker, batches)
    return contents


def _start(kind: str, now: datetime) -> dict[str, Any]:
    return {"format": kind, "version": VERSION, "made_at": now.isoformat(timespec="seconds")}


def _describe_person(
    contents: BundleContents, user: User, speaker: Speaker, batches: list[CloneBatch]
) -> dict[str, Any]:
    samples = _describe_samples(contents, batches)
    consents = list(speaker.consents.select_related("attested_by").order_by("attested_at", "pk"))
    places = {consent.pk: place for place, consent in enumerate(consents)}
    return {
        "speaker": speaker.name,
        "samples": list(samples.values()),
        "consents": [_describe_consent(contents, each) for each in consents],
        "clones": [
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
                "settings": [*_describe_jobs(user, batch), *map(_describe_bundled, _told(batch))],
            }
            for batch in batches
        ],
    }


def describe_collection(user: User, collection: Collection, now: datetime) -> BundleContents:
    """Return a collection with the voices that the user can see, and the speakers of its clones.

    Of a speaker, only the clones of the collection go in, with the consents.
    """
    contents = BundleContents(_start(COLLECTION_FORMAT, now))
    lines = _find_lines(user, collection)
    batches = _find_batches(user, lines)
    of_speakers: dict[Speaker, list[CloneBatch]] = {}
    places: dict[Any, tuple[int, int]] = {}
    for batch in dict.fromkeys(each for each in batches if each is not None):
        own = of_speakers.setdefault(batch.speaker, [])
        places[batch.pk] = list(of_speakers).index(batch.speaker), len(own)
        own.append(batch)
    contents.speakers = list(of_speakers)
    voices = []
    for line, made_in in zip(lines, batches, strict=True):
        place = places[made_in.pk] if made_in else (None, None)
        voices.append(_describe_line(line) | dict(zip(("speaker", "clone"), place, strict=True)))
    shown = sum(isinstance(line, CollectionEntry) for line in lines)
    contents.manifest |= {
        "collection": collection.name,
        "description": collection.description,
        "is_shared": collection.is_shared,
        "left_out": collection.entries.count() - shown,
        "voices": voices,
        "speakers": [
            _describe_person(contents, user, speaker, own) for speaker, own in of_speakers.items()
        ],
    }
    return contents


def _find_lines(user: User, collection: Collection) -> list[CollectionEntry | BundledVoice]:
    seen = collection.entries.filter(voice__in=Voice.objects.visible_to(user))
    found: list[CollectionEntry | BundledVoice] = [
        *seen.select_related("voice").prefetch_related("voice__labels").order_by("position", "pk"),
        *find_bundled_voices(collection),
    ]
    return sorted(found, key=lambda line: line.position)


def _find_batches(
    user: User, lines: list[CollectionEntry | BundledVoice]
) -> list[CloneBatch | None]:
    """Return what each voice was cloned from, as far as the user can see it."""
    ids = [line.voice_id for line in lines if isinstance(line, CollectionEntry)]
    jobs = CloneJob.objects.visible_to(user).filter(voice__in=ids).order_by("created_at", "pk")
    made = dict(jobs.values_list("voice", "batch"))
    keys = [
        made.get(line.voice_id) if isinstance(line, CollectionEntry) else line.batch_id
        for line in lines
    ]
    rows = CloneBatch.objects.filter(speaker__in=Speaker.objects.visible_to(user))
    found = rows.select_related("speaker").in_bulk([key for key in keys if key])
    return [found.get(key) for key in keys]


def _describe_line(line: CollectionEntry | BundledVoice) -> dict[str, Any]:
    if isinstance(line, BundledVoice):
        facts = {"provider": line.provider, "remote_id": line.remote_id, "note": line.note}
        return line.facts | facts | {"marks": line.marks}
    voice = line.voice
    values = {name: getattr(voice, name) for name in FACTS}
    kept = [pair for pair in voice.label_pairs if pair[0] not in VoiceLabel.RELATED_FACETS]
    return values | {
        "provider": voice.provider,
        "remote_id": voice.remote_id,
        "description": voice.description[:_LONGEST_DESCRIPTION],
        "labels": [list(pair) for pair in sorted(kept)],
        "note": line.note,
        "marks": _describe_marks(voice),
    }


def find_bundle_batches(user: User, speaker: Speaker) -> "list[CloneBatch]":
    """Return the batches of a speaker that the user can see: with visible jobs, or imported."""
    jobs = CloneJob.objects.visible_to(user).filter(batch__speaker=speaker)
    bundled = BundledClone.objects.filter(batch__speaker=speaker)
    seen = Q(pk__in=jobs.values("batch")) | Q(pk__in=bundled.values("batch"))
    return list(CloneBatch.objects.filter(seen, speaker=speaker).order_by("asked_at", "pk"))


def _told(batch: CloneBatch) -> list[BundledClone]:
    return list(batch.bundled_clones.order_by("pk"))


def _describe_samples(
    contents: BundleContents, batches: list[CloneBatch]
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


def _describe_bundled(clone: BundledClone) -> dict[str, Any]:
    values = {name: getattr(clone, name) for name in SETTINGS}
    return values | {"provider": clone.provider, "marks": clone.marks}


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


def may_export_collection(user: User, collection: Collection) -> bool:
    """Allow admins, as for speakers: a collection can hold clones."""
    return policies.may_manage_people(user, collection.team)


def find_bundled_clones(speaker: Speaker) -> list[BundledClone]:
    """Return the settings of the speaker's clones that bundles brought."""
    rows = BundledClone.objects.filter(batch__speaker=speaker)
    return list(rows.order_by("batch__asked_at", "pk"))
