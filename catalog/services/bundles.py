"""Take a speaker to another installation: export one as a file, and import such a file."""

import uuid
from datetime import datetime
from functools import partial
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.core.bundle_files import BundleRefused, write_bundle
from catalog.core.media import clean_filename, remove_media, store_media
from catalog.models import (
    BundledClone,
    BundleImport,
    CloneBatch,
    CloneSource,
    Consent,
    Sample,
    SampleReport,
    Speaker,
    Team,
    User,
)
from catalog.queries.bundles import SpeakerBundle, describe_speaker
from catalog.tasks import enqueue_analysis, enqueue_sample


class NothingToExport(Exception):
    """The speaker has withdrawn."""


@transaction.atomic
def export_speaker(user: User, *, speaker: Speaker, now: datetime) -> IO[bytes]:
    """Return a speaker as one file, and record that it left the installation."""
    if not policies.may_manage_people(user, speaker.team):
        raise PermissionDenied
    if speaker.withdrawing_since is not None:
        raise NothingToExport
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
def keep_bundle(
    user: User, *, team: Team, file: "UploadedFile[Any]", bundle: SpeakerBundle, now: datetime
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
    user: User, *, kept: BundleImport, bundle: SpeakerBundle, now: datetime
) -> Speaker:
    """Add a bundle's speaker, samples, consents, and settings of clones; returns the speaker.

    A second call returns the same. Consents keep their limits, who attested them, and when.
    """
    if kept.user_id != user.pk or not policies.may_clone(user, kept.team):
        raise PermissionDenied
    stored: list[str] = []
    try:
        with transaction.atomic():
            speaker = _import(user, kept, bundle, now, stored)
    except BaseException:
        for path in stored:
            remove_media(path)
        raise
    remove_media(kept.path)
    return speaker


def _import(
    user: User, kept: BundleImport, bundle: SpeakerBundle, now: datetime, stored: list[str]
) -> Speaker:
    locked = BundleImport.objects.select_for_update(no_key=True).get(pk=kept.pk)
    if locked.imported_at is not None:
        if locked.speaker is None:
            raise BundleRefused("This bundle was imported before.")
        return locked.speaker
    team, name = kept.team, bundle.speaker
    speaker = Speaker.objects.create(
        team=team, name=name, folded=name.casefold(), added_by=user, added_at=now
    )
    samples = _add_samples(user, team, bundle, now, stored)
    consents = [_add_consent(user, speaker, each, bundle, stored) for each in bundle.consents]
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
    BundleImport.objects.filter(pk=kept.pk).update(imported_at=now, speaker=speaker, path="")
    facts = {"samples": len(samples), "consents": len(consents), "clones": len(bundle.clones)}
    record(user, "speaker imported from a bundle", speaker, team=team, now=now, after=facts)
    return speaker


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
