"""The speaker's consent, as a user attests it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from catalog.audio.formats import HEAD_BYTES
from catalog.forms.base.text_fields import KeylessForm, clean_words, strip_marks
from catalog.forms.samples.upload import identify_upload
from catalog.models import Consent, User
from catalog.queries.consents import Contradiction, find_contradictions, name_findings

# Proof other than audio: first bytes, file extension, and MIME type.
_PAPERS = (
    (b"%PDF-", "pdf", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
)
GUARDIAN_MISSING = "Enter which parent or guardian agreed."
PROJECT_MISSING = "Enter the name of the project."


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
            raise forms.ValidationError("This date is in the past. Choose today or a later day.")
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
        found = [(ending, kind) for start, ending, kind in _PAPERS if head.startswith(start)]
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
        if self.user and values.get("speaker") and values.get("relation"):
            self._check_contradictions(self.user, values)
        return values

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
