"""Uploaded recordings, and the part of each to use."""

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat

from catalog.audio.formats import HEAD_BYTES, AudioFormat, describe_refusal, locate_sound
from catalog.core.media import clean_filename
from catalog.forms.base.text_fields import KEY_IS_NO_TEXT, KeylessForm, contains_key
from catalog.models import CloneJob, Sample
from catalog.queries.samples import ShownReport

MOST_SAMPLES = 10
Cut = tuple[Sample, float, float | None]
_LEAST_CUT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file, and why it can't be a sample, if so."""

    file: "UploadedFile[Any]"
    audio_format: AudioFormat | None
    problem: str = ""

    @property
    def complaint(self) -> str:
        """The problem together with the file's name."""
        return f"{clean_filename(self.file.name or '')}: {self.problem}"


def read_upload(file: "UploadedFile[Any]") -> Upload:
    """Check a file's size and first bytes; its name and declared type can't be trusted."""
    if contains_key(file.name or ""):
        file.name = "recording"
        return Upload(file, None, KEY_IS_NO_TEXT)
    if not file.size:
        return Upload(file, None, "This file is empty.")
    if file.size > settings.SAMPLE_MAX_BYTES:
        most = filesizeformat(settings.SAMPLE_MAX_BYTES)
        words = f"This file is too large ({filesizeformat(file.size)}). The maximum is {most}."
        return Upload(file, None, words)
    found, refusal = identify_upload(file)
    return Upload(file, found, refusal)


def identify_upload(file: "UploadedFile[Any]") -> tuple[AudioFormat | None, str]:
    """Return the file's format, or None and a message about how to save it instead."""
    found = locate_sound(file).audio_format
    file.seek(0)
    refusal = "" if found else describe_refusal(file.read(HEAD_BYTES))
    file.seek(0)
    return found, refusal


class UploadForm(KeylessForm):
    """One file, uploaded for the form with this token."""

    form_token = forms.UUIDField()
    file = forms.FileField(max_length=1000, allow_empty_file=True)


class CutForm(KeylessForm):
    """The start and end of the part to use, in seconds, and whether to use it without noise."""

    uses = forms.ChoiceField(
        choices=[("original", "Original recording"), ("cleaned", "Noise removed")], required=False
    )
    start = forms.FloatField(required=False, min_value=0, max_value=3600)
    end = forms.FloatField(required=False, min_value=0, max_value=3600)

    def __init__(self, *args: Any, sample: Sample, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sample = sample

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        start, end = values.get("start") or 0.0, values.get("end")
        length = self.sample.seconds
        if end is not None and length is not None and end >= length - 0.05:
            end = None
        last = end if end is not None else length
        if last is not None and last - start < _LEAST_CUT_SECONDS and (start or end):
            raise forms.ValidationError("The end must be at least 0.5 s after the start.")
        return {**values, "start": start, "end": end}

    def as_cut(self) -> Cut:
        """Return the sample and the part to use; only after ``is_valid``."""
        cleaned = self.sample.without_noise if self.cleaned_data["uses"] == "cleaned" else None
        sample = cleaned if cleaned and cleaned.seconds else self.sample
        return sample, self.cleaned_data["start"], self.cleaned_data["end"]


@dataclass(slots=True)
class SampleRow:
    """A sample in the form: its cut as entered, and the clones made from it before."""

    sample: Sample
    cut: CutForm
    earlier: list[CloneJob]
    shown: ShownReport | None = None
    may_clean: bool = False

    @property
    def sends_cleaned(self) -> bool:
        """Return whether the version without noise is used; it is the default once it exists."""
        return bool(self.cut["uses"].value() != "original")

    @property
    def start_value(self) -> str:
        """The start as entered, "0" by default."""
        return self.cut["start"].value() or "0"

    @property
    def end_value(self) -> str:
        """The end as entered, by default the end of the sample."""
        return self.cut["end"].value() or f"{self.sample.seconds or 0:.2f}"

    @property
    def complaint(self) -> str:
        """What is wrong with the sample or its cut, as a message."""
        if self.sample.problem:
            return self.sample.problem
        errors = self.cut.errors if self.cut.is_bound else {}
        return " ".join(str(each) for each in [e for found in errors.values() for e in found])


class SampleSelection:
    """The samples in a form, in their order."""

    def __init__(self, rows: list[SampleRow], complaints: list[str] | None = None) -> None:
        self.rows = rows
        self.complaints = complaints or []

    def rearrange(self, act: str) -> None:
        """Apply a button: "up:ID", "down:ID", or "remove:ID"; other values are ignored."""
        verb, _, wanted = act.partition(":")
        if verb not in {"up", "down", "remove"}:
            return
        places = [place for place, row in enumerate(self.rows) if str(row.sample.pk) == wanted]
        if not places:
            return
        row = self.rows.pop(places[0])
        if verb != "remove":
            step = -1 if verb == "up" else 1
            self.rows.insert(max(0, places[0] + step), row)

    def find_to_clean(self, act: str) -> Sample | None:
        """Return the sample that a "clean:ID" button refers to, None for other buttons."""
        verb, _, wanted = act.partition(":")
        found = [row.sample for row in self.rows if str(row.sample.pk) == wanted]
        return found[0] if found and verb == "clean" else None

    def is_valid(self) -> bool:
        """Return whether all samples can be used, as far as known; adds complaints if not."""
        if not self.rows and not self.complaints:
            self.complaints.append("Add a recording to clone from.")
        if len(self.rows) > MOST_SAMPLES:
            self.complaints.append(f"You can use at most {MOST_SAMPLES} recordings for one voice.")
        good = [row.cut.is_valid() and not row.sample.problem for row in self.rows]
        return all(good) and not self.complaints

    @property
    def cuts(self) -> list[Cut]:
        """The parts to use, in order; only after ``is_valid``."""
        return [row.cut.as_cut() for row in self.rows]

    @property
    def seconds(self) -> float | None:
        """The total length of the parts in seconds, None until all samples are measured."""
        total = 0.0
        for sample, start, end in self.cuts:
            if sample.seconds is None:
                return None
            total += min(sample.seconds if end is None else end, sample.seconds) - start
        return total


def read_sample_ids(posted: QueryDict) -> list[uuid.UUID]:
    """Return the ids of the samples in their order; invalid ones are ignored."""
    found = []
    for text in posted.getlist("sample")[: 2 * MOST_SAMPLES]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
