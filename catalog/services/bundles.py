"""Take a speaker or a collection to another installation: export one as a file, and import it."""

import uuid
from datetime import datetime
from functools import partial
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audit import record, record_each
from catalog.core.bundle_files import BundleRefused, write_bundle
from catalog.core.media import clean_filename, remove_media, store_media
from catalog.models import (
    BundledClone,
    BundledVoice,
    BundleImport,
    CloneBatch,
    CloneSource,
    Collection,
    CollectionEntry,
    Consent,
    Sample,
    SampleReport,
    Speaker,
    Team,
    User,
    Voice,
)
from catalog.queries.bundles import (
    MOST_VOICES,
    Bundle,
    CollectionBundle,
    SpeakerBundle,
    describe_collection,
    describe_speaker,
    open_bundle,
)
from catalog.queries.collections import find_bundled_voices, find_new_speakers, match_voices
from catalog.services.annotations import tag_voices, write_note
from catalog.services.collections import make_collection
from catalog.services.voices.edit import relabel_voice, rename_voice
from catalog.tasks import enqueue_analysis, enqueue_sample


class NothingToExport(Exception):
    """The speaker has withdrawn; the message is their name."""


@transaction.atomic
def export_speaker(user: User, *, speaker: Speaker, now: datetime) -> IO[bytes]:
    """Return a speaker as one file, and record that it left the installation."""
    if not policies.may_manage_people(user, speaker.team):
        raise PermissionDenied
    if speaker.withdrawing_since is not None:
        raise NothingToExport(speaker.name)
    contents = describe_speaker(user, speaker, now)
    made = write_bundle(contents.manifest, contents.files)
    record(
        user,
        "speaker exported as a bundle",
        speaker,
        team=speaker.team,
        now=now,
        files=len(contents.files),
        consents=len(contents.manifest["consents"]),
    )
    return made


@transaction.atomic
def export_collection(user: User, *, collection: Collection, now: datetime) -> IO[bytes]:
    """Return a collection as one file; record this for it and for each speaker in it.

    Raises BundleRefused if the file would be too large to be imported.
    """
    if not policies.may_manage_people(user, collection.team):
        raise PermissionDenied
    contents = describe_collection(user, collection, now)
    if gone := [each.name for each in contents.speakers if each.withdrawing_since is not None]:
        raise NothingToExport(gone[0])
    voices = len(contents.manifest["voices"])
    if voices > MOST_VOICES:
        raise BundleRefused(f"A bundle has at most {MOST_VOICES:,} voices.")
    made = write_bundle(contents.manifest, contents.files)
    try:
        open_bundle(made)
    except BundleRefused:
        made.close()
        raise
    made.seek(0)
    record(
        user,
        "collection exported as a bundle",
        collection,
        team=collection.team,
        now=now,
        files=len(contents.files),
        voices=voices,
    )
    # A withdrawal lists what left of a speaker.
    rows = [(speaker, {"collection": collection.name}) for speaker in contents.speakers]
    record_each(
        user, "speaker exported in a collection's bundle", rows, team=collection.team, now=now
    )
    return made


@transaction.atomic
def keep_bundle(
    user: User, *, team: Team, file: "UploadedFile[Any]", bundle: Bundle, now: datetime
) -> BundleImport:
    """Store a checked bundle until the user has seen what it would add."""
    if not policies.may_clone(user, team):
        raise PermissionDenied
    file.seek(0)
    path, size, _ = store_media("bundles", file.chunks(), "zip")
    return BundleImport.objects.create(
        team=team,
        user=user,
        path=path,
        filename=clean_filename(file.name or ""),
        size=size,
        summary=bundle.summary,
        uploaded_at=now,
    )


@transaction.atomic
def drop_bundle(user: User, *, kept: BundleImport) -> None:
    """Delete an upload that isn't imported."""
    if kept.user_id != user.pk:
        raise PermissionDenied
    BundleImport.objects.filter(pk=kept.pk, imported_at=None).delete()
    transaction.on_commit(partial(remove_media, kept.path))


def import_bundle(
    user: User, *, kept: BundleImport, bundle: Bundle, now: datetime
) -> Speaker | Collection:
    """Add what a bundle holds: a speaker with all that belongs to them, or a collection.

    A second call returns the same. Consents keep their limits, who attested them, and when.
    """
    if kept.user_id != user.pk or not policies.may_clone(user, kept.team):
        raise PermissionDenied
    stored: list[str] = []
    try:
        with transaction.atomic():
            imported = _import(user, kept, bundle, now, stored)
    except BaseException:
        for path in stored:
            remove_media(path)
        raise
    remove_media(kept.path)
    return imported


def _import(
    user: User, kept: BundleImport, bundle: Bundle, now: datetime, stored: list[str]
) -> Speaker | Collection:
    locked = BundleImport.objects.select_for_update(no_key=True).get(pk=kept.pk)
    if locked.imported_at is not None:
        if imported := locked.speaker or locked.collection:
            return imported
        raise BundleRefused("This bundle was imported before.")
    made: dict[str, Speaker | Collection]
    if isinstance(bundle, SpeakerBundle):
        made = {"speaker": _add_speaker(user, kept.team, bundle, now, stored)[0]}
    else:
        made = {"collection": _add_collection(user, kept.team, bundle, now, stored)}
    BundleImport.objects.filter(pk=kept.pk).update(imported_at=now, path="", **made)
    return next(iter(made.values()))


def _add_speaker(
    user: User, team: Team, bundle: SpeakerBundle, now: datetime, stored: list[str]
) -> tuple[Speaker, list[CloneBatch]]:
    name = bundle.speaker
    speaker = Speaker.objects.create(
        team=team, name=name, folded=name.casefold(), added_by=user, added_at=now
    )
    samples = _add_samples(user, team, bundle, now, stored)
    consents = [_add_consent(user, speaker, each, bundle, stored) for each in bundle.consents]
    batches = []
    for clone in bundle.clones:
        batch = CloneBatch.objects.create(
            team=team,
            asked_by=user,
            speaker=speaker,
            consent=consents[clone["consent"]],
            form_token=uuid.uuid4(),
            asked_at=now,
        )
        _add_clone(batch, clone, samples)
        batches.append(batch)
    facts = {"samples": len(samples), "consents": len(consents), "clones": len(bundle.clones)}
    record(user, "speaker imported from a bundle", speaker, team=team, now=now, after=facts)
    return speaker, batches


def _add_collection(
    user: User, team: Team, bundle: CollectionBundle, now: datetime, stored: list[str]
) -> Collection:
    batches = [
        _add_speaker(user, team, speaker, now, stored)[1] if is_new else []
        for speaker, is_new in zip(
            bundle.speakers, find_new_speakers(user, team, bundle.voices), strict=False
        )
    ]
    collection = make_collection(
        user,
        team=team,
        name=bundle.name,
        description=bundle.description,
        is_shared=bundle.is_shared,
        now=now,
    )
    rows = []
    for position, voice in enumerate(bundle.voices, start=1):
        own = batches[voice["speaker"]] if voice["speaker"] is not None else []
        batch = own[voice["clone"]] if own else None
        facts = {name: voice[name] for name in ("provider", "remote_id", "note", "facts", "marks")}
        rows.append(BundledVoice(collection=collection, position=position, batch=batch, **facts))
    BundledVoice.objects.bulk_create(rows)
    found = _place_voices(user, collection, now)
    facts = {"voices": found, "not at your providers": collection.bundled_voices.count()}
    record(user, "collection imported from a bundle", collection, team=team, now=now, after=facts)
    return collection


@transaction.atomic
def match_bundled(user: User, *, collection: Collection, now: datetime) -> int:
    """Look for the voices that an import didn't find; return how many are in the collection now."""
    if not policies.may_change_collection(user, collection):
        raise PermissionDenied
    Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    found = _place_voices(user, collection, now)
    _note(user, "voices of a bundle looked for", collection, now, voices=found)
    return found


@transaction.atomic
def drop_bundled(user: User, *, voice: BundledVoice, now: datetime) -> None:
    """Remove a voice that isn't here from the collection that was imported with it."""
    collection = voice.collection
    if not policies.may_change_collection(user, collection):
        raise PermissionDenied
    voice.delete()
    _note(user, "voice of a bundle removed", collection, now, voice=voice.shown_name)


def _note(user: User, action: str, collection: Collection, now: datetime, **facts: Any) -> None:
    # The team's log doesn't record what is done in personal collections.
    if collection.is_shared:
        record(user, action, collection, team=collection.team, now=now, **facts)


def _place_voices(user: User, collection: Collection, now: datetime) -> int:
    """Put the bundled voices that the team's accounts have at their places; return how many."""
    rows = find_bundled_voices(collection)
    described = [{"provider": row.provider, "remote_id": row.remote_id} for row in rows]
    held = set(collection.entries.values_list("voice", flat=True))
    found = 0
    for row, voice in zip(rows, match_voices(user, collection.team, described), strict=True):
        if voice is None:
            continue
        if voice.pk not in held:
            CollectionEntry.objects.create(
                collection=collection,
                voice=voice,
                position=row.position,
                note=row.note,
                added_at=now,
            )
            held.add(voice.pk)
        elif row.note:
            # It has a place in the collection already, which keeps its own note.
            collection.entries.filter(voice=voice, note="").update(note=row.note)
        _add_marks(user, voice, row.marks, now)
        row.delete()
        found += 1
    return found


def _add_marks(user: User, voice: Voice, marks: dict[str, Any], now: datetime) -> None:
    """Add the tags and notes; take the name and labels only if the team has set none.

    Nothing is changed at a provider because of a bundle.
    """
    team = voice.account.team
    if not policies.may_annotate(user, team):
        return
    if tags := marks.get("tags"):
        tag_voices(user, team=team, voices=[voice], names=tags, now=now)
    written = set(voice.notes.kept().values_list("text", flat=True))
    for text in dict.fromkeys(marks.get("notes", ())):
        if text not in written:
            write_note(user, voice=voice, text=text, now=now)
    if voice.is_renamable_there:
        return
    if marks.get("name") and not voice.own_name:
        rename_voice(user, voice=voice, name=marks["name"], now=now)
    if marks.get("labels") and not voice.own_labels:
        relabel_voice(user, voice=voice, labels=marks["labels"], now=now)


def _add_samples(
    user: User, team: Team, bundle: SpeakerBundle, now: datetime, stored: list[str]
) -> dict[str, Sample]:
    found = {}
    for each in bundle.samples:
        path, size, sha256 = store_media(
            "samples", bundle.reader.read(each.file), each.audio_format.slug
        )
        stored.append(path)
        sample = Sample.objects.create(
            team=team,
            owner=user,
            path=path,
            filename=each.filename,
            audio_format=each.audio_format.slug,
            size=size,
            sha256=sha256,
            uploaded_at=now,
        )
        report = SampleReport.objects.create(sample=sample, asked_at=now)
        transaction.on_commit(partial(enqueue_sample, sample.pk))
        transaction.on_commit(partial(enqueue_analysis, f"report:{report.pk}"))
        found[each.file] = sample
    return found


def _add_consent(
    user: User,
    speaker: Speaker,
    values: dict[str, Any],
    bundle: SpeakerBundle,
    stored: list[str],
) -> Consent:
    path = ""
    if values["proof"]:
        ending = values["proof"].rpartition(".")[2]
        path, *_ = store_media("consents", bundle.reader.read(values["proof"]), ending)
        stored.append(path)
    spoken_at = values["spoken_at"].isoformat() if values["spoken_at"] else ""
    return Consent.objects.create(
        speaker=speaker,
        attested_by=user,
        proof_path=path,
        # Another installation checked it; here, it's the word of who imported it.
        elsewhere={
            "attested_by": values["attested_by"],
            "receipt": values["receipt"],
            "spoken_at": spoken_at,
        },
        **{
            name: values[name]
            for name in (
                "given_by", "relation", "allowed_use", "use_note", "ends_on", "limited_to",
                "statement", "attested_at", "withdrawn_at", "proof_filename", "proof_type",
            )
        },
    )  # fmt: skip


def _add_clone(batch: CloneBatch, clone: dict[str, Any], samples: dict[str, Sample]) -> None:
    CloneSource.objects.bulk_create(
        CloneSource(
            batch=batch,
            sample=samples[source["sample"]],
            position=position,
            start_seconds=source["start"],
            end_seconds=source["end"],
        )
        for position, source in enumerate(clone["sources"])
    )
    BundledClone.objects.bulk_create(
        BundledClone(batch=batch, **values) for values in clone["settings"]
    )
