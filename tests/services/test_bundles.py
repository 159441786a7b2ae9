"""A speaker goes to another installation as one file, and nothing that was changed comes in."""

import hashlib
import io
import json
import zipfile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.core import bundle_files
from catalog.core.bundle_files import BundleRefused
from catalog.core.media import has_media, store_media
from catalog.forms.bundles import read_bundle
from catalog.models import (
    AuditEntry,
    BundledClone,
    BundleImport,
    CloneBatch,
    CloneJob,
    CloneSource,
    Consent,
    Sample,
    Speaker,
    VoiceLabel,
)
from catalog.queries.speakers import trace_speaker
from catalog.services.bundles import NothingToExport, export_speaker, import_bundle, keep_bundle
from tests import factories
from tests.factories import NOW


@pytest.fixture
def speaker(cast, wav) -> Speaker:
    """Return a speaker with a cut sample, a proof, and a clone with tags and a note."""
    voice = factories.make_clone(cast.account, "Our Ada", own_name="Ada for trailers")
    job = factories.make_job(
        cast.ana,
        cast.credential,
        voice=voice,
        state="ready",
        description="Warm",
        language="en",
        transcript="Hello there.",
    )
    factories.make_tag(cast.aurora, "warm", voice)
    factories.make_note(cast.mia, voice, "For the trailer")
    sample = factories.make_sample(cast.ana, cast.aurora, wav, filename="ada.wav")
    job.batch.sources.update(sample=sample, start_seconds=1, end_seconds=2.5)
    proof, _, _ = store_media("consents", [b"%PDF-1.7 signed"], "pdf")
    Consent.objects.filter(pk=job.batch.consent_id).update(
        proof_path=proof,
        proof_filename="signed.pdf",
        proof_type="application/pdf",
        use_note="One film",
        allowed_use="project",
        ends_on="2027-05-01",
    )
    return job.batch.speaker


def export(cast, speaker) -> bytes:
    with export_speaker(cast.ana, speaker=speaker, now=NOW) as made:
        return made.read()


def bring_in(cast, content: bytes, user=None) -> Speaker:
    file = SimpleUploadedFile("ada.zip", content)
    values = {"bundle": read_bundle(io.BytesIO(content), NOW), "now": NOW}
    user = user or cast.cleo
    kept = keep_bundle(user, team=user.memberships.get().team, file=file, **values)
    return import_bundle(user, kept=kept, **values)


def forget(speaker: Speaker) -> None:
    """Delete the speaker as if this were another installation."""
    VoiceLabel.objects.all().delete()
    CloneJob.objects.all().delete()
    CloneSource.objects.all().delete()
    CloneBatch.objects.all().delete()
    Consent.objects.all().delete()
    Speaker.objects.all().delete()
    Sample.objects.all().delete()


def manifest_of(content: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return json.loads(packed.read("manifest.json"))


@pytest.fixture(autouse=True)
def _cleo(cast):
    if not hasattr(cast, "cleo"):
        cast.cleo = factories.make_user("Cleo", cast.aurora, "cloner")


def test_a_speaker_that_was_exported_and_imported_has_equal_fields(cast, speaker, wakes):
    content = export(cast, speaker)
    forget(speaker)

    brought = bring_in(cast, content)

    assert manifest_of(export(cast, brought)) == manifest_of(content)
    consent = brought.consents.get()
    assert (consent.attested_by, consent.ends_on.isoformat()) == (cast.cleo, "2027-05-01")
    assert consent.elsewhere["attested_by"] == "Ana"
    lineage = trace_speaker(cast.cleo, brought.pk)
    assert [sample.filename for sample in lineage.samples] == ["ada.wav"]
    assert lineage.consents == [consent]
    told = BundledClone.objects.get()
    assert told.marks["tags"] == ["warm"]
    assert told.marks["notes"] == ["For the trailer"]
    kept = BundleImport.objects.get()
    assert (kept.path, kept.speaker) == ("", brought)


def test_exports_are_logged_for_the_speaker_and_hold_no_ids_or_keys(cast, speaker):
    content = export(cast, speaker)

    assert AuditEntry.objects.get(action__contains="exported").target == f"Speaker {speaker.pk}"
    job = CloneJob.objects.get()
    for secret in (b"sandbox-elevenlabs", job.marker.encode(), job.voice.remote_id.encode()):
        assert secret not in content
    for person in (cast.mia, cast.cleo):
        with pytest.raises(PermissionDenied):
            export_speaker(person, speaker=speaker, now=NOW)
    speaker.withdrawing_since = NOW
    with pytest.raises(NothingToExport):
        export(cast, speaker)


def repack(content: bytes, change) -> bytes:
    """Return the bundle with its files as ``change`` left them."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", files.pop("compression", zipfile.ZIP_STORED)) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return made.getvalue()


def rewrite(files, /, **changes):
    found = json.loads(files["manifest.json"]) | changes
    files["manifest.json"] = json.dumps(found).encode()
    files["manifest.sha256"] = hashlib.sha256(files["manifest.json"]).hexdigest().encode()


def lengthen(files):
    consents = json.loads(files["manifest.json"])["consents"]
    rewrite(files, consents=[consents[0] | {"ends_on": "2090-01-01"}])


def disguise(files):
    files["samples/1.wav"] = b"<html>"
    listed = json.loads(files["manifest.json"])["files"]
    listed["samples/1.wav"] = {"sha256": hashlib.sha256(b"<html>").hexdigest(), "size": 6}
    rewrite(files, files=listed)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: files.update({"samples/1.wav": b"RIFF"}), "samples/1.wav was changed."),
        (lambda files: files.pop("samples/1.wav"), "samples/1.wav is missing."),
        (lambda files: files.update({"samples/9.wav": b"x"}), "samples/9.wav isn't listed"),
        (lambda files: files.update({"manifest.json": b"{}"}), "manifest.json was changed."),
        (lambda files: files.pop("manifest.sha256"), "manifest.sha256 is missing."),
        (lambda files: files.update({"../evil.wav": b"x"}), "'../evil.wav' doesn't belong"),
        (lambda files: files.update({"compression": zipfile.ZIP_DEFLATED}), "is compressed"),
        (lambda files: rewrite(files, version=2), "another version of Voiceboard"),
        (lambda files: rewrite(files, speaker="x" * 121), "The speaker has a wrong speaker"),
        (lambda files: rewrite(files, speaker="sk_" + "a1" * 24), "API key"),
        (lambda files: rewrite(files, consents="all"), "consents can't be read"),
        (lambda files: rewrite(files, consents=[]), "refers to a consent"),
        (lengthen, "lasts longer than any consent may"),
        (disguise, "samples/1.wav: "),
    ],
)
def test_what_was_changed_is_refused_by_name(cast, speaker, change, words):
    content = repack(export(cast, speaker), change)

    with pytest.raises(BundleRefused, match=words.replace(".", r"\.")):
        read_bundle(io.BytesIO(content), NOW)


def test_a_bundle_that_is_larger_than_it_says_or_may_be_is_refused(
    cast, speaker, monkeypatch, settings
):
    content = export(cast, speaker)
    with pytest.raises(BundleRefused, match="isn't a bundle"):
        read_bundle(io.BytesIO(b"PK\3\4 no"), NOW)
    monkeypatch.setattr(bundle_files, "_MOST_FILES", 3)
    with pytest.raises(BundleRefused, match="at most 3 files"):
        read_bundle(io.BytesIO(content), NOW)
    monkeypatch.undo()
    monkeypatch.setattr("catalog.forms.bundles._SPARE_BYTES", 0)
    settings.SAMPLE_MAX_BYTES = 10

    with pytest.raises(BundleRefused, match="too large"):
        read_bundle(io.BytesIO(content), NOW)


def test_the_pages_show_what_a_bundle_adds_before_it_is_added(cast, speaker, sign_in, wakes):
    ana, cleo = sign_in(cast.ana), sign_in(cast.cleo)
    response = ana.post(f"/speakers/{speaker.pk}/export/")
    content = b"".join(response.streaming_content)
    assert response["Content-Disposition"].startswith("attachment")
    bad = cleo.post("/speakers/import/", {"file": SimpleUploadedFile("x.zip", content[:-30])})
    assert bad.status_code == 422

    there = cleo.post("/speakers/import/", {"file": SimpleUploadedFile("x.zip", content)})
    text = cleo.get(there["Location"]).content.decode()

    assert "ada.wav" in text
    # Cleo sees the speaker of the exported one, so she is told.
    assert "You already have a speaker with this name" in text
    assert Speaker.objects.count() == 1
    assert ana.get(there["Location"]).status_code == 404
    path = BundleImport.objects.get().path
    done = cleo.post(there["Location"])
    assert Speaker.objects.count() == 2
    assert not has_media(path)
    page = cleo.get(done["Location"]).content.decode()
    assert "in another installation, imported by" in page
    # A second press leads to the same speaker.
    assert cleo.post(there["Location"])["Location"] == done["Location"]

    again = cleo.post("/speakers/import/", {"file": SimpleUploadedFile("x.zip", content)})
    cleo.post(f"{again['Location']}drop/")
    assert BundleImport.objects.count() == 1
