"""Speakers and collections go elsewhere as one file, and nothing that was changed comes in."""

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
    BundledVoice,
    BundleImport,
    CloneBatch,
    CloneJob,
    CloneSource,
    Collection,
    Consent,
    Sample,
    Speaker,
    Voice,
)
from catalog.queries.speakers import trace_speaker
from catalog.services.bundles import (
    NothingToExport,
    export_collection,
    export_speaker,
    import_bundle,
    keep_bundle,
    match_bundled,
)
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


def bring_in(cast, content: bytes, user=None) -> Speaker | Collection:
    file = SimpleUploadedFile("ada.zip", content)
    values = {"bundle": read_bundle(io.BytesIO(content), NOW), "now": NOW}
    user = user or cast.cleo
    kept = keep_bundle(user, team=user.memberships.get().team, file=file, **values)
    return import_bundle(user, kept=kept, **values)


def forget(speaker: Speaker) -> None:
    """Delete the speaker as if this were another installation."""
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
    bundled = BundledClone.objects.get()
    assert bundled.marks["tags"] == ["warm"]
    assert bundled.marks["notes"] == ["For the trailer"]
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
    monkeypatch.setattr("catalog.queries.bundles._SPARE_BYTES", 0)
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
    # Cleo sees the speaker of the exported one, so she is notified.
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


@pytest.fixture
def collection(cast, speaker) -> Collection:
    """Return a shared collection: a stock voice, a clone with samples, and a gone voice."""
    own = {"accent": "irish"}
    stock = factories.make_voice(cast.account, "Rachel", accent="irish", own_labels=own)
    factories.make_note(cast.mia, stock, "Calm.")
    factories.make_note(cast.mia, stock, "Removed.", removed_at=NOW)
    factories.make_tag(cast.aurora, "calm", stock)
    gone = factories.make_voice(cast.account, "Old", remote_deleted_at=NOW, description="Deep")
    clone = CloneJob.objects.get().voice
    made = factories.make_collection(
        cast.ana, cast.aurora, stock, clone, gone, description="For ads", is_shared=True
    )
    made.entries.filter(voice=clone).update(note="The lead")
    return made


def export_all(cast, collection) -> bytes:
    with export_collection(cast.ana, collection=collection, now=NOW) as made:
        return made.read()


def test_a_collection_that_was_exported_and_imported_has_equal_fields(cast, collection, wakes):
    content = export_all(cast, collection)
    assert b"Removed." not in content
    assert b"sandbox-elevenlabs" not in content
    clone = CloneJob.objects.get().voice
    Collection.objects.all().delete()
    forget(Speaker.objects.get())
    clone.delete()
    stock = Voice.objects.get(name="Rachel")
    stock.notes.all().delete()
    stock.tag_uses.all().delete()
    Voice.objects.filter(pk=stock.pk).update(own_labels={})

    brought = bring_in(cast, content, cast.ana)

    assert (brought.owner, brought.is_shared) == (cast.ana, True)
    assert [entry.voice for entry in brought.entries.all()] == [stock]
    absent = list(brought.bundled_voices.order_by("position"))
    assert [voice.shown_name for voice in absent] == ["Ada for trailers", "Old"]
    assert absent[0].batch.speaker == Speaker.objects.get()
    assert absent[0].batch.bundled_clones.get().name == "Our Ada"
    assert BundleImport.objects.get().collection == brought
    assert manifest_of(export_all(cast, brought)) == manifest_of(content)
    # What comes later takes its place, and nothing is put on it twice.
    factories.make_voice(cast.account, "Old", remote_id=absent[1].remote_id + "x")
    assert match_bundled(cast.ana, collection=brought, now=NOW) == 0
    Voice.objects.filter(name="Old").update(remote_deleted_at=None)
    assert match_bundled(cast.ana, collection=brought, now=NOW) == 1
    assert manifest_of(export_all(cast, brought)) == manifest_of(content)


def test_importing_where_everything_is_adds_no_speaker_and_overwrites_nothing(
    cast, collection, wakes
):
    content = export_all(cast, collection)
    stock = Voice.objects.get(name="Rachel")
    Voice.objects.filter(pk=stock.pk).update(own_labels={"accent": "scottish"})

    brought = bring_in(cast, content)

    assert Speaker.objects.count() == 1
    assert brought.entries.count() == 2
    stock.refresh_from_db()
    assert stock.own_labels == {"accent": "scottish"}
    assert stock.notes.kept().count() == 1


def test_a_collections_export_holds_what_its_admin_sees_and_is_logged_for_each_speaker(
    cast, collection, speaker
):
    hidden = factories.make_account(cast.aurora, last_owner=cast.mia, is_shared=False)
    entry = factories.make_voice(hidden, "Hidden")
    collection.entries.create(voice=entry, position=9, added_at=NOW)

    content = export_all(cast, collection)

    assert b"Hidden" not in content
    assert manifest_of(content)["left_out"] == 1
    logged = AuditEntry.objects.filter(action__contains="exported").values_list("target", flat=True)
    assert set(logged) == {f"Collection {collection.pk}", f"Speaker {speaker.pk}"}
    for person in (cast.mia, cast.cleo):
        with pytest.raises(PermissionDenied):
            export_collection(person, collection=collection, now=NOW)
    Speaker.objects.update(withdrawing_since=NOW)
    with pytest.raises(NothingToExport):
        export_all(cast, collection)


def reword(files, /, **changes):
    voices = json.loads(files["manifest.json"])["voices"]
    rewrite(files, voices=[voices[0] | changes])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: files.update({"samples/1.wav": b"RIFF"}), "samples/1.wav was changed."),
        (lambda files: files.pop("samples/1.wav"), "samples/1.wav is missing."),
        (lambda files: files.update({"samples/9.wav": b"x"}), "samples/9.wav isn't listed"),
        (lambda files: rewrite(files, voices=[]), "Ada belongs to no voice"),
        (lambda files: reword(files, kind="robot"), "A voice has a wrong kind"),
        (lambda files: reword(files, speaker=7, clone=0), "refers to a clone that isn't"),
        (lambda files: reword(files, labels=[["language"]]), "labels that can't be read"),
        (lambda files: reword(files, marks={"notes": ["sk_" + "a1" * 24]}), "API key"),
        (lambda files: rewrite(files, speakers=[]), "belongs to nothing"),
    ],
)
def test_a_collection_that_was_changed_is_refused_by_name(cast, collection, change, words):
    content = repack(export_all(cast, collection), change)

    with pytest.raises(BundleRefused, match=words.replace(".", r"\.")):
        read_bundle(io.BytesIO(content), NOW)


def test_a_collections_pages_say_what_is_not_at_the_providers(cast, collection, sign_in, wakes):
    ana, cleo = sign_in(cast.ana), sign_in(cast.cleo)
    page = f"/collections/{collection.pk}/"
    assert "Export as a bundle" not in cleo.get(page).content.decode()
    assert "Export as a bundle" in ana.get(page).content.decode()
    content = b"".join(ana.post(f"{page}export/").streaming_content)
    there = cleo.post("/speakers/import/", {"file": SimpleUploadedFile("x.zip", content)})

    text = cleo.get(there["Location"]).content.decode()

    assert "2 voices at your providers" in text
    assert "1 voice not at your providers" in text
    assert "isn't added again" in text
    done = cleo.post(there["Location"])
    shown = cleo.get(done["Location"]).content.decode()
    assert "Not at your providers" in shown
    assert "Deep" in shown
    absent = BundledVoice.objects.get()
    cleo.post(f"{done['Location']}bundled/{absent.pk}/drop/")
    assert not BundledVoice.objects.exists()
    speaker = Speaker.objects.get()
    Speaker.objects.update(withdrawing_since=NOW)
    again = ana.post(f"{page}export/", follow=True).content.decode()
    assert f"{speaker.name} has withdrawn" in again
