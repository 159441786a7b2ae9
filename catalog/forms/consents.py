"""The speaker's consent, as a user attests it, or as the speaker is asked to record it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from catalog.audio.formats import HEAD_BYTES, AudioFormat
from catalog.core.locales import say_day
from catalog.forms.base.text_fields import KeylessForm, clean_words, strip_marks
from catalog.forms.samples.upload import identify_upload, read_upload
from catalog.models import Consent, User
from catalog.models.consents import latest_end, proposed_end
from catalog.queries.consents.contradictions import (
    Contradiction,
    find_contradictions,
    name_findings,
)
from catalog.queries.consents.phrases import LANGUAGE_CHOICES
from catalog.queries.consents.wording import Wording

# Proof other than audio: first bytes, file extension, and MIME type.
PAPERS = (
    (b"%PDF-", "pdf", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
)
GUARDIAN_MISSING = "Enter which parent or guardian agreed."
PROJECT_MISSING = "Enter the name of the project."
_PAST_DAY = "This date is in the past. Choose today or a later day."
_TOO_LATE = "A consent lasts at most 10 years. Choose a day until {latest}."
_TOO_LATE_FOR_MINORS = "A guardian's consent lasts at most 5 years. Choose a day until {latest}."


class ConsentFields(KeylessForm):
    """The speaker, who agreed, to what and until when, and the proof."""

    speaker = forms.CharField(
        label="Speaker's name",
        max_length=120,
        error_messages={"required": "Enter the name of the speaker."},
    )
    relation = forms.ChoiceField(
        label="How you know the speaker agrees",
        choices=[("", "Choose"), *Consent.Relation.choices],
        error_messages={"required": "Choose how you know that the speaker agrees."},
    )
    given_by = forms.CharField(label="Parent or guardian", max_length=120, required=False)
    allowed_use = forms.ChoiceField(
        label="What the voice may be used for",
        choices=[("", "Choose"), *Consent.Use.choices],
        error_messages={"required": "Choose what the voice may be used for."},
    )
    use_note = forms.CharField(label="Project, or limits on use", max_length=200, required=False)
    ends_on = forms.DateField(
        label="Last day of the consent",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    proof = forms.FileField(
        label="Signed document or recorded statement",
        max_length=1000,
        required=False,
        allow_empty_file=True,
    )
    consent = forms.BooleanField(
        label="I have the speaker's permission and can prove it.",
        error_messages={"required": "Confirm that you have the speaker's permission."},
    )

    # Contradictions with earlier consents must be confirmed by their exact name.
    confirmed = forms.CharField(max_length=2000, required=False)

    user: User | None = None
    today: date
    contradictions: Sequence[Contradiction] = ()
    proof_ending = ""
    proof_type = ""

    def clean_speaker(self) -> str:
        words = "Enter a name with at least one letter or digit."
        return clean_words(self.cleaned_data["speaker"], words)

    def clean_given_by(self) -> str:
        return strip_marks(self.cleaned_data["given_by"])

    def clean_use_note(self) -> str:
        return strip_marks(self.cleaned_data["use_note"])

    def clean_ends_on(self) -> date | None:
        ends_on: date | None = self.cleaned_data["ends_on"]
        if ends_on is not None and ends_on < self.today:
            raise forms.ValidationError(_PAST_DAY)
        return ends_on

    def clean_proof(self) -> "UploadedFile[Any] | None":
        file: UploadedFile[Any] | None = self.cleaned_data.get("proof")
        if file is None:
            return None
        if (file.size or 0) > settings.SAMPLE_MAX_BYTES:
            most = filesizeformat(settings.SAMPLE_MAX_BYTES)
            raise forms.ValidationError(f"This file is too large. The maximum is {most}.")
        head = file.read(HEAD_BYTES)
        file.seek(0)
        found = [(ending, kind) for start, ending, kind in PAPERS if head.startswith(start)]
        if not found and (sound := identify_upload(file)[0]):
            found = [(sound.slug, sound.content_type)]
        if not found:
            raise forms.ValidationError("Choose a PDF, PNG, JPEG, or audio file.")
        self.proof_ending, self.proof_type = found[0]
        return file

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("relation") == Consent.Relation.GUARDIAN and not values.get("given_by"):
            self.add_error("given_by", GUARDIAN_MISSING)
        if values.get("allowed_use") == Consent.Use.PROJECT and not values.get("use_note"):
            self.add_error("use_note", PROJECT_MISSING)
        self._check_end(values)
        if self.user and values.get("speaker") and values.get("relation"):
            self._check_contradictions(self.user, values)
        return values

    def _check_end(self, values: dict[str, Any]) -> None:
        relation, ends_on = values.get("relation", ""), values.get("ends_on")
        latest = latest_end(relation, self.today)
        if ends_on is not None and ends_on > latest:
            is_minor = relation == Consent.Relation.GUARDIAN
            words = _TOO_LATE_FOR_MINORS if is_minor else _TOO_LATE
            self.add_error("ends_on", words.format(latest=say_day(latest)))

    @property
    def confirmation(self) -> str:
        """The value of the checkbox that confirms all contradictions found."""
        return name_findings(self.contradictions)

    def _check_contradictions(self, user: User, values: dict[str, Any]) -> None:
        self.contradictions = find_contradictions(
            user, values["speaker"], values["relation"], self.today
        )
        if self.contradictions and values.get("confirmed") != self.confirmation:
            words = "Review the earlier consents, then confirm this one."
            self.add_error("confirmed", words)


_DAYS = [(1, "1 day"), (7, "7 days"), (30, "30 days")]


class LinkDaysForm(KeylessForm):
    """How long the link to a speaker works."""

    days = forms.TypedChoiceField(label="Link works for", choices=_DAYS, coerce=int, initial=7)


class ConsentAskForm(LinkDaysForm):
    """What a speaker is asked to agree to."""

    speaker = forms.CharField(
        label="Speaker's name",
        max_length=120,
        error_messages={"required": "Enter the name of the speaker."},
    )
    language = forms.ChoiceField(label="Language that the speaker reads", choices=LANGUAGE_CHOICES)
    allowed_use = forms.ChoiceField(
        label="What the voice may be used for", choices=Consent.Use.choices
    )
    use_note = forms.CharField(label="Name of the project", max_length=80, required=False)
    ends_on = forms.DateField(
        label="Last day of the consent",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day of the consent."},
    )

    field_order = ("speaker", "language", "allowed_use", "use_note", "ends_on", "days")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["ends_on"].initial = proposed_end("", today)
        self.fields["ends_on"].widget.attrs |= {
            "min": today.isoformat(),
            "max": latest_end("", today).isoformat(),
        }
        self.fields["speaker"].widget.attrs["list"] = "known-speakers"

    def clean_speaker(self) -> str:
        words = "Enter a name with at least one letter or digit."
        return clean_words(self.cleaned_data["speaker"], words)

    def clean_use_note(self) -> str:
        return strip_marks(self.cleaned_data["use_note"])

    def clean_ends_on(self) -> date:
        ends_on: date = self.cleaned_data["ends_on"]
        if ends_on < self.today:
            raise forms.ValidationError(_PAST_DAY)
        latest = latest_end("", self.today)
        if ends_on > latest:
            raise forms.ValidationError(_TOO_LATE.format(latest=say_day(latest)))
        return ends_on

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        is_project = values.get("allowed_use") == Consent.Use.PROJECT
        if is_project and not values.get("use_note") and "use_note" not in self.errors:
            self.add_error("use_note", PROJECT_MISSING)
        if not is_project:
            values["use_note"] = ""
        return values


class ConsentRecordingForm(KeylessForm):
    """The recording of the sentence, made on the page or chosen as a file."""

    recording = forms.FileField(
        max_length=1000,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "audio/*,video/*", "capture": True}),
    )
    agrees = forms.BooleanField()
    audio_format: AudioFormat

    def __init__(self, *args: Any, wording: Wording, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wording = wording
        for name, field in self.fields.items():
            field.label = wording.say(name)
            field.error_messages["required"] = wording.say(f"{name}_missing")

    def clean_recording(self) -> "UploadedFile[Any]":
        upload = read_upload(self.cleaned_data["recording"])
        if upload.audio_format is None:
            raise forms.ValidationError(self._object_to(upload.file.size or 0))
        self.audio_format = upload.audio_format
        return upload.file

    def _object_to(self, size: int) -> str:
        if not size:
            return self.wording.say("file_empty")
        most = settings.SAMPLE_MAX_BYTES
        if size > most:
            return self.wording.say("file_too_large", most=most // 1024**2)
        return self.wording.say("file_unusable")


class ConsentDecisionForm(KeylessForm):
    """What an admin decided after listening, and why."""

    decision = forms.ChoiceField(choices=[("accept", "Accept"), ("refuse", "Refuse")])
    reason = forms.CharField(
        label="What you heard",
        max_length=300,
        error_messages={"required": "Say what you heard. The audit log will show it."},
    )
