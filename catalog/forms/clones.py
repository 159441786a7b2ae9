"""The wish for a clone: sample, key, name and consent."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from catalog.audio import FORMATS, HEAD_BYTES, AudioFormat, sniff_format
from catalog.models import Credential, Sample, SampleReport
from catalog.providers.languages import LANGUAGES
from catalog.providers.marking import find_markers
from catalog.providers.types import ProviderInfo, Transcript
from catalog.queries.clones import CloneTarget

LANGUAGE_CHOICES = sorted(LANGUAGES.items(), key=lambda pair: pair[1])
_BIDI = {chr(mark) for mark in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}


class SampleForm(forms.Form):
    """A recording, told by its first bytes."""

    sample = forms.FileField(
        label="Sample",
        max_length=1000,
        allow_empty_file=True,
        error_messages={"required": "Choose a recording to clone from."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.audio_format: AudioFormat | None = None

    def clean_sample(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["sample"]
        if not file.size:
            raise forms.ValidationError("This file is empty.")
        if file.size > settings.SAMPLE_MAX_BYTES:
            most = filesizeformat(settings.SAMPLE_MAX_BYTES)
            raise forms.ValidationError(
                f"This file is too large: {filesizeformat(file.size)}, at most {most}."
            )
        self.audio_format = sniff_format(file.read(HEAD_BYTES))
        file.seek(0)
        if self.audio_format is None:
            words = ", ".join(found.label for found in FORMATS.values())
            raise forms.ValidationError(f"This is not an audio file that we can read: {words}.")
        return file


class CloneForm(SampleForm):
    """Everything that one clone needs; nothing of it is trusted before ``is_valid``."""

    credential = forms.ChoiceField(
        label="Key",
        error_messages={
            "required": "Choose where the clone is to be made.",
            "invalid_choice": "You have no such key.",
        },
    )
    name = forms.CharField(
        label="Voice name", max_length=100, error_messages={"required": "Give the voice a name."}
    )
    description = forms.CharField(label="Description", max_length=300, required=False)
    removes_noise = forms.BooleanField(label="Let the provider remove noise", required=False)
    language = forms.ChoiceField(
        label="Language of the sample",
        required=False,
        choices=lambda: [("", "Not said"), *LANGUAGE_CHOICES],
    )
    gender = forms.ChoiceField(
        label="Gender of the voice",
        required=False,
        choices=[("", "Not said"), ("female", "Female"), ("male", "Male"), ("neutral", "Neutral")],
    )
    transcript = forms.CharField(
        label="What is said in the sample",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    speaker = forms.CharField(
        label="Who is speaking",
        max_length=120,
        error_messages={"required": "Say whose voice this is."},
    )
    consent = forms.BooleanField(
        label="The speaker agreed to this clone, and I can show it.",
        error_messages={
            "required": "Consent is needed: confirm that the speaker agreed to this clone."
        },
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(
        self, *args: Any, targets: list[CloneTarget], kept: Sample | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.targets = {str(target.credential.pk): target for target in targets}
        self.fields["credential"].choices = [(key, key) for key in self.targets]  # type: ignore[attr-defined]
        self.kept = kept
        if kept is not None:
            # The recording is here already, and was looked at when it came.
            del self.fields["sample"]
            self.audio_format = FORMATS[kept.audio_format]
            self._fill_from(kept)

    def _fill_from(self, kept: Sample) -> None:
        report = SampleReport.objects.filter(sample=kept).first()
        if report is not None and not self.is_bound:
            longest = self.fields["transcript"].max_length or 0  # type: ignore[attr-defined]
            self.initial["transcript"] = report.words[:longest]
            self.initial["language"] = report.language if report.language in LANGUAGES else ""

    @property
    def max_bytes(self) -> int:
        """How large a sample may be."""
        return int(settings.SAMPLE_MAX_BYTES)

    @property
    def language_hint(self) -> str:
        """Which of the providers want to be told the language, and which name those they know."""
        known = {t.info.label: len(t.info.clone_languages) for t in self.targets.values()}
        listed = [f"{label} knows {count} languages." for label, count in known.items() if count]
        needed = self._name_those("Needed by", lambda info: info.needs_language)
        return " ".join(filter(None, [needed, *listed]))

    @property
    def gender_hint(self) -> str:
        """Which of the providers want to be told the gender."""
        return self._name_those("Needed by", lambda info: info.needs_gender)

    @property
    def transcript_hint(self) -> str:
        """Which of the providers make something of the words."""
        return self._name_those("Of use to", lambda info: info.transcript is not Transcript.NONE)

    def _name_those(self, words: str, wants: Callable[[ProviderInfo], bool]) -> str:
        labels = {target.info.label for target in self.targets.values() if wants(target.info)}
        return f"{words} {', '.join(sorted(labels))}." if labels else ""

    @property
    def chosen_credential(self) -> Credential:
        """The key that was chosen; only after ``is_valid``."""
        return self.targets[self.cleaned_data["credential"]].credential

    def clean_credential(self) -> str:
        key: str = self.cleaned_data["credential"]
        if self.targets[key].obstacle:
            raise forms.ValidationError(self.targets[key].obstacle)
        return key

    def clean_name(self) -> str:
        words = "Give the voice a name that can be read."
        return _refuse_marker(_clean_words(self.cleaned_data["name"], words))

    def clean_speaker(self) -> str:
        return _clean_words(self.cleaned_data["speaker"], "Give a name that can be read.")

    def clean_transcript(self) -> str:
        return _strip_marks(self.cleaned_data["transcript"].replace("\r", " ").replace("\n", " "))

    def clean_description(self) -> str:
        return _refuse_marker(_strip_marks(self.cleaned_data["description"]))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        target = self.targets.get(values.get("credential", ""))
        if target:
            self._check_needs(target)
        size = self.kept.size if self.kept else getattr(values.get("sample"), "size", None)
        if target and size is not None and self.audio_format:
            self._check_limits(target, size, self.audio_format)
        return values

    def _check_needs(self, target: CloneTarget) -> None:
        info = target.info
        needs = {
            "language": info.needs_language,
            "gender": info.needs_gender,
            "transcript": info.transcript is Transcript.NEEDED,
        }
        for name, is_needed in needs.items():
            if is_needed and not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, f"{info.label} wants to be told this.")

    def _check_limits(self, target: CloneTarget, size: int, found: AudioFormat) -> None:
        info = target.info
        field = None if self.kept else "sample"
        if info.sample_formats and found.slug not in info.sample_formats:
            self.add_error(field, f"{info.label} does not take {found.label} files.")
        if info.max_sample_bytes and size > info.max_sample_bytes:
            most = filesizeformat(info.max_sample_bytes)
            self.add_error(field, f"{info.label} takes at most {most}.")
        if len(self.cleaned_data.get("name", "")) > info.max_name_length:
            self.add_error("name", f"{info.label} takes {info.max_name_length} characters at most.")


def _clean_words(text: str, complaint: str) -> str:
    cleaned = _strip_marks(text)
    if not any(mark.isalnum() for mark in cleaned):
        raise forms.ValidationError(complaint)
    return cleaned


def _refuse_marker(text: str) -> str:
    # A clone is found again by its marker, so nobody may write one that is not theirs.
    if found := find_markers(text):
        raise forms.ValidationError(f"Leave out “{found[0]}”: Voiceboard marks its clones so.")
    return text


def _strip_marks(text: str) -> str:
    """Drop what cannot be seen: control characters and marks that turn the text around."""
    return "".join(mark for mark in text if mark.isprintable() and mark not in _BIDI).strip()
