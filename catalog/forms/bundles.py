"""What a bundle tells, checked like what people type and upload."""

from datetime import UTC, datetime, timedelta
from typing import IO, Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.core.bundle_files import BundleReader, BundleRefused
from catalog.core.media import clean_filename
from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.consents import PAPERS
from catalog.forms.samples.upload import read_upload
from catalog.models import Consent
from catalog.models.consents import latest_end
from catalog.queries.bundles import FORMAT, SETTINGS, VERSION, BundleSample, SpeakerBundle

# Zip headers and the manifest come on top of the files.
_SPARE_BYTES = 2_000_000
_MOST_PARTS = 100


class BundleForm(KeylessForm):
    """The file to import."""

    file = forms.FileField(label="Bundle", max_length=1000)


class _Speaker(KeylessForm):
    speaker = forms.CharField(max_length=120)


class _Sample(KeylessForm):
    file = forms.CharField(max_length=40)
    filename = forms.CharField(max_length=120)


class _Consent(KeylessForm):
    given_by = forms.CharField(max_length=120, required=False)
    relation = forms.ChoiceField(choices=Consent.Relation.choices, required=False)
    allowed_use = forms.ChoiceField(choices=Consent.Use.choices, required=False)
    use_note = forms.CharField(max_length=200, required=False)
    ends_on = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    limited_to = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    # Empty in one that was deleted, and under which clones were made.
    statement = forms.CharField(max_length=300, required=False)
    attested_by = forms.CharField(max_length=200)
    attested_at = forms.CharField(max_length=40)
    withdrawn_at = forms.CharField(max_length=40, required=False)
    spoken_at = forms.CharField(max_length=40, required=False)
    receipt = forms.CharField(max_length=20_000, required=False, strip=False)
    proof = forms.CharField(max_length=40, required=False)
    proof_filename = forms.CharField(max_length=120, required=False)


class _Settings(KeylessForm):
    name = forms.CharField(max_length=200)
    description = forms.CharField(max_length=500, required=False)
    removes_noise = forms.BooleanField(required=False)
    language = forms.CharField(max_length=20, required=False)
    gender = forms.CharField(max_length=8, required=False)
    transcript = forms.CharField(max_length=20_000, required=False)
    provider = forms.SlugField(max_length=40)


class _Source(KeylessForm):
    sample = forms.CharField(max_length=40)
    start = forms.FloatField(min_value=0, max_value=3600)
    end = forms.FloatField(min_value=0, max_value=3600, required=False)


def most_bundle_bytes() -> int:
    """Return the size of the largest bundle that can be imported: that of the largest upload."""
    return 2 * settings.SAMPLE_MAX_BYTES


def read_bundle(file: IO[bytes], now: datetime) -> SpeakerBundle:
    """Return a checked bundle; raises BundleRefused, which names what is wrong."""
    reader = BundleReader(file, most_bytes=most_bundle_bytes() + _SPARE_BYTES)
    manifest = reader.manifest
    if manifest.get("format") != FORMAT:
        raise BundleRefused("This isn't the bundle of a speaker.")
    if manifest.get("version") != VERSION:
        raise BundleRefused("This bundle was made by another version of Voiceboard.")
    samples = [_read_sample(reader, each) for each in _list(manifest, "samples")]
    consents = [_read_consent(reader, each, now) for each in _list(manifest, "consents")]
    known = {sample.file for sample in samples}
    clones = [_read_clone(each, known, len(consents)) for each in _list(manifest, "clones")]
    used = known | {consent["proof"] for consent in consents}
    if spare := sorted(set(manifest["files"]) - used):
        raise BundleRefused(f"{spare[0]} belongs to nothing in the manifest.")
    name = _check(_Speaker, manifest, "The speaker")["speaker"]
    return SpeakerBundle(reader, name, samples, consents, clones)


def _list(part: Any, name: str) -> list[dict[str, Any]]:
    found = part.get(name)
    is_good = isinstance(found, list) and all(isinstance(each, dict) for each in found)
    if not is_good or len(found) > _MOST_PARTS:
        raise BundleRefused(f"The manifest's {name} can't be read.")
    return list(found)


def _check(form: type[KeylessForm], part: dict[str, Any], what: str) -> dict[str, Any]:
    posted = {name: "" if value is None else value for name, value in part.items()}
    checked = form(posted)
    if not checked.is_valid():
        name, words = next(iter(checked.errors.items()))
        raise BundleRefused(f"{what} has a wrong {name}: {words[0]}")
    return dict(checked.cleaned_data)


def _read_file(reader: BundleReader, name: str, shown: str) -> SimpleUploadedFile:
    if name not in reader.manifest["files"]:
        raise BundleRefused(f"{name[:40]} is missing.")
    # The reader has counted it: no file is larger than the whole upload.
    return SimpleUploadedFile(clean_filename(shown), b"".join(reader.read(name)))


def _read_sample(reader: BundleReader, part: dict[str, Any]) -> BundleSample:
    values = _check(_Sample, part, "A sample")
    upload = read_upload(_read_file(reader, values["file"], values["filename"]))
    if upload.audio_format is None or upload.problem:
        raise BundleRefused(f"{values['file']}: {upload.problem}")
    return BundleSample(values["file"], clean_filename(values["filename"]), upload.audio_format)


def _read_consent(reader: BundleReader, part: dict[str, Any], now: datetime) -> dict[str, Any]:
    values = _check(_Consent, part, "A consent")
    for name in ("attested_at", "withdrawn_at", "spoken_at"):
        values[name] = _read_moment(values[name], now)
    if values["attested_at"] is None:
        raise BundleRefused("A consent doesn't say when it was given.")
    latest = latest_end(values["relation"], values["attested_at"].date())
    if values["ends_on"] is not None and values["ends_on"] > latest:
        raise BundleRefused("A consent lasts longer than any consent may.")
    values["proof_type"] = _find_proof_type(reader, values) if values["proof"] else ""
    return values


def _read_moment(words: str, now: datetime) -> datetime | None:
    if not words:
        return None
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        raise BundleRefused("A consent has a time that can't be read.") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > now + timedelta(days=1):
        raise BundleRefused("A consent has a time in the future.")
    return found


def _find_proof_type(reader: BundleReader, values: dict[str, Any]) -> str:
    """Return the content type of a proof; raises BundleRefused if it can't be one."""
    upload = _read_file(reader, values["proof"], values["proof_filename"] or "proof")
    head = upload.read(16)
    upload.seek(0)
    for start, _, content_type in PAPERS:
        if head.startswith(start):
            return content_type
    found = read_upload(upload)
    if found.audio_format is None or found.problem:
        raise BundleRefused(f"{values['proof']}: Choose a PDF, PNG, JPEG, or audio file.")
    return found.audio_format.content_type


def _read_clone(part: dict[str, Any], samples: set[str], consents: int) -> dict[str, Any]:
    place = part.get("consent")
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < consents:
        raise BundleRefused("A clone refers to a consent that isn't in the bundle.")
    sources = [_check(_Source, each, "A clone") for each in _list(part, "sources")]
    if unknown := [each["sample"] for each in sources if each["sample"] not in samples]:
        raise BundleRefused(f"A clone refers to {unknown[0]}, which isn't in the bundle.")
    if len({each["sample"] for each in sources}) < len(sources):
        raise BundleRefused("A clone refers to a sample twice.")
    found = [_read_settings(each) for each in _list(part, "settings")]
    return {"consent": place, "sources": sources, "settings": found}


def _read_settings(part: dict[str, Any]) -> dict[str, Any]:
    values = _check(_Settings, part, "A clone")
    marks = part.get("marks")
    return {name: values[name] for name in (*SETTINGS, "provider")} | {
        "marks": _read_marks(marks if isinstance(marks, dict) else {})
    }


def _read_marks(marks: dict[str, Any]) -> dict[str, Any]:
    """Return the marks that are of the right kind; the others are left out."""
    found: dict[str, Any] = {}
    if isinstance(marks.get("name"), str):
        found["name"] = marks["name"][:300]
    if isinstance(marks.get("labels"), dict):
        pairs = marks["labels"].items()
        found["labels"] = {
            str(key)[:40]: each for key, each in pairs if isinstance(each, str | list)
        }
    for name, length in (("tags", 40), ("notes", 2_000)):
        words = marks.get(name)
        if isinstance(words, list) and all(isinstance(each, str) for each in words):
            found[name] = [each[:length] for each in words[:_MOST_PARTS]]
    return found
