"""What a bundle tells, checked like what people type and upload."""

from datetime import UTC, datetime, timedelta
from typing import IO, Any

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.core.bundle_files import BundleReader, BundleRefused
from catalog.core.media import clean_filename
from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.collections import clean_title
from catalog.forms.consents import PAPERS
from catalog.forms.samples.upload import read_upload
from catalog.forms.voices.filters import LABEL_CHOICES, clean_accent, one_line
from catalog.models import Consent, Voice
from catalog.models.consents import latest_end
from catalog.queries.bundles import (
    COLLECTION_FORMAT,
    FACTS,
    FORMAT,
    MOST_VOICES,
    SETTINGS,
    VERSION,
    BundleSample,
    CollectionBundle,
    SpeakerBundle,
    open_bundle,
)

_MOST_PARTS = 100
_LONGEST_LABEL = 60


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


class _Collection(KeylessForm):
    collection = forms.CharField(max_length=80)
    description = forms.CharField(max_length=300, required=False)
    is_shared = forms.BooleanField(required=False)
    left_out = forms.IntegerField(min_value=0, max_value=1_000_000)

    def clean_collection(self) -> str:
        return clean_title(self.cleaned_data["collection"])

    def clean_description(self) -> str:
        return one_line(self.cleaned_data["description"]).strip()


class _Voice(KeylessForm):
    provider = forms.SlugField(max_length=40)
    remote_id = forms.CharField(max_length=200)
    name = forms.CharField(max_length=300)
    kind = forms.ChoiceField(choices=Voice.Kind.choices)
    language = forms.CharField(max_length=20)
    gender = forms.ChoiceField(choices=Voice.Gender.choices)
    age = forms.ChoiceField(choices=Voice.Age.choices)
    accent = forms.CharField(max_length=60)
    description = forms.CharField(max_length=1_000, required=False, strip=False)
    note = forms.CharField(max_length=300, required=False)
    speaker = forms.IntegerField(min_value=0, required=False)
    clone = forms.IntegerField(min_value=0, required=False)

    def clean_note(self) -> str:
        return one_line(self.cleaned_data["note"]).strip()


class _Note(KeylessForm):
    text = forms.CharField(max_length=2_000)


def read_bundle(file: IO[bytes], now: datetime) -> SpeakerBundle | CollectionBundle:
    """Return a checked bundle; raises BundleRefused, which names what is wrong."""
    reader = open_bundle(file)
    manifest = reader.manifest
    if manifest.get("format") not in {FORMAT, COLLECTION_FORMAT}:
        raise BundleRefused("This isn't the bundle of a speaker or a collection.")
    if manifest.get("version") != VERSION:
        raise BundleRefused("This bundle was made by another version of Voiceboard.")
    if manifest["format"] == FORMAT:
        speaker = _read_speaker(reader, manifest, now)
        _check_spare(reader, [speaker])
        return speaker
    speakers = [_read_speaker(reader, each, now) for each in _list(manifest, "speakers")]
    _check_spare(reader, speakers)
    return _read_collection(reader, speakers)


def _check_spare(reader: BundleReader, speakers: list[SpeakerBundle]) -> None:
    used = {sample.file for speaker in speakers for sample in speaker.samples}
    used |= {consent["proof"] for speaker in speakers for consent in speaker.consents}
    if spare := sorted(set(reader.manifest["files"]) - used):
        raise BundleRefused(f"{spare[0]} belongs to nothing in the manifest.")


def _read_speaker(reader: BundleReader, part: dict[str, Any], now: datetime) -> SpeakerBundle:
    samples = [_read_sample(reader, each) for each in _list(part, "samples")]
    consents = [_read_consent(reader, each, now) for each in _list(part, "consents")]
    known = {sample.file for sample in samples}
    clones = [_read_clone(each, known, len(consents)) for each in _list(part, "clones")]
    name = _check(_Speaker, part, "The speaker")["speaker"]
    return SpeakerBundle(reader, name, samples, consents, clones)


def _read_collection(reader: BundleReader, speakers: list[SpeakerBundle]) -> CollectionBundle:
    values = _check(_Collection, reader.manifest, "The collection")
    voices = [_read_voice(each) for each in _list(reader.manifest, "voices", MOST_VOICES)]
    for voice in voices:
        if voice["speaker"] is not None and not _has_clone(speakers, voice):
            raise BundleRefused("A voice refers to a clone that isn't in the bundle.")
    named = {voice["speaker"] for voice in voices}
    if spare := [place for place in range(len(speakers)) if place not in named]:
        raise BundleRefused(f"{speakers[spare[0]].speaker} belongs to no voice of the collection.")
    values["name"] = values.pop("collection")
    return CollectionBundle(reader, voices=voices, speakers=speakers, **values)


def _has_clone(speakers: list[SpeakerBundle], voice: dict[str, Any]) -> bool:
    if voice["clone"] is None or voice["speaker"] >= len(speakers):
        return False
    return bool(voice["clone"] < len(speakers[voice["speaker"]].clones))


def _read_voice(part: dict[str, Any]) -> dict[str, Any]:
    values = _check(_Voice, part, "A voice")
    labels = part.get("labels")
    if not isinstance(labels, list) or len(labels) > _MOST_PARTS:
        raise BundleRefused("A voice has labels that can't be read.")
    for pair in labels:
        if not _is_label(pair):
            raise BundleRefused("A voice has labels that can't be read.")
    marks = _read_marks(part["marks"] if isinstance(part.get("marks"), dict) else {})
    _check_marks(marks)
    facts = {name: values[name] for name in FACTS} | {"labels": labels}
    kept = {name: values[name] for name in ("provider", "remote_id", "note", "speaker", "clone")}
    return {**kept, "name": marks.get("name") or values["name"], "facts": facts, "marks": marks}


def _list(part: Any, name: str, most: int = _MOST_PARTS) -> list[dict[str, Any]]:
    found = part.get(name)
    is_good = isinstance(found, list) and all(isinstance(each, dict) for each in found)
    if not is_good or len(found) > most:
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


def _is_label(pair: Any) -> bool:
    match pair:
        case [str(facet), str(value)]:
            return max(len(facet), len(value)) <= _LONGEST_LABEL
    return False


def _check_marks(marks: dict[str, Any]) -> None:
    """Let the marks of a voice be what a team could have put on it; raises BundleRefused."""
    for words in (marks.get("name"), *marks.get("tags", ()), *marks.get("notes", ())):
        if words:
            _check(_Note, {"text": words}, "A voice")
    if labels := _read_own_labels(marks.pop("labels", {})):
        marks["labels"] = labels
    if tags := [" ".join(one_line(tag).split()) for tag in marks.pop("tags", ())]:
        marks["tags"] = [tag for tag in tags if tag]
    if "name" in marks:
        marks["name"] = one_line(marks["name"]).strip()


def _read_own_labels(labels: dict[str, Any]) -> dict[str, str]:
    known = {name: [value for value, _ in choices] for name, choices in LABEL_CHOICES.items()}
    found = {name: said for name, said in labels.items() if said in known.get(name, ())}
    if isinstance(labels.get("accent"), str) and (accent := clean_accent(labels["accent"])[:60]):
        found["accent"] = accent
    return found
