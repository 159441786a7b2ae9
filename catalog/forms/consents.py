"""What the speaker agreed to, as somebody attests it."""

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

# What a proof may be besides sound: first bytes, ending and type.
_PAPERS = (
    (b"%PDF-", "pdf", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
)


class ConsentFields(KeylessForm):
    """Speaker, who agreed, how far and until when, and the proof."""

    speaker = forms.CharField(
        label="Who is speaking",
        max_length=120,
        error_messages={"required": "Say whose voice this is."},
    )
    relation = forms.ChoiceField(
        label="How you know that they agree",
        choices=[("", "Choose"), *Consent.Relation.choices],
        error_messages={"required": "Say how you know that the speaker agrees."},
    )
    given_by = forms.CharField(label="Parent or guardian", max_length=120, required=False)
    allowed_use = forms.ChoiceField(
        label="What the voice may be used for",
        choices=[("", "Choose"), *Consent.Use.choices],
        error_messages={"required": "Say what the voice may be used for."},
    )
    use_note = forms.CharField(
        label="Project, or a limit to the use", max_length=200, required=False
    )
    ends_on = forms.DateField(
        label="Last day of the consent",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    proof = forms.FileField(
        label="Signed paper or spoken statement",
        max_length=1000,
        required=False,
        allow_empty_file=True,
    )
    consent = forms.BooleanField(
        label="The speaker agreed to this clone, and I can show it.",
        error_messages={
            "required": "Consent is needed: confirm that the speaker agreed to this clone."
        },
    )

    # What was found to contradict earlier statements has to be confirmed by this very name.
    confirmed = forms.CharField(max_length=2000, required=False)

    user: User | None = None
    today: date
    contradictions: Sequence[Contradiction] = ()
    proof_ending = ""
    proof_type = ""

    def clean_speaker(self) -> str:
        return clean_words(self.cleaned_data["speaker"], "Give a name that can be read.")

    def clean_given_by(self) -> str:
        return strip_marks(self.cleaned_data["given_by"])

    def clean_use_note(self) -> str:
        return strip_marks(self.cleaned_data["use_note"])

    def clean_ends_on(self) -> date | None:
        ends_on: date | None = self.cleaned_data["ends_on"]
        if ends_on is not None and ends_on < self.today:
            raise forms.ValidationError("This day is over: the consent has ended.")
        return ends_on

    def clean_proof(self) -> "UploadedFile[Any] | None":
        file: UploadedFile[Any] | None = self.cleaned_data.get("proof")
        if file is None:
            return None
        if (file.size or 0) > settings.SAMPLE_MAX_BYTES:
            most = filesizeformat(settings.SAMPLE_MAX_BYTES)
            raise forms.ValidationError(f"This file is too large: at most {most}.")
        head = file.read(HEAD_BYTES)
        file.seek(0)
        found = [(ending, kind) for start, ending, kind in _PAPERS if head.startswith(start)]
        if not found and (sound := identify_upload(file)[0]):
            found = [(sound.slug, sound.content_type)]
        if not found:
            raise forms.ValidationError("A proof is a PDF, a PNG, a JPEG or a recording.")
        self.proof_ending, self.proof_type = found[0]
        return file

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("relation") == Consent.Relation.GUARDIAN and not values.get("given_by"):
            self.add_error("given_by", "Say which parent or guardian agreed.")
        if values.get("allowed_use") == Consent.Use.PROJECT and not values.get("use_note"):
            self.add_error("use_note", "Name the project.")
        if self.user and values.get("speaker") and values.get("relation"):
            self._check_contradictions(self.user, values)
        return values

    @property
    def confirmation(self) -> str:
        """What a checkbox sends that confirms all contradictions that were found."""
        return name_findings(self.contradictions)

    def _check_contradictions(self, user: User, values: dict[str, Any]) -> None:
        self.contradictions = find_contradictions(
            user, values["speaker"], values["relation"], self.today
        )
        if self.contradictions and values.get("confirmed") != self.confirmation:
            words = "Check what was said before, and confirm what you say now."
            self.add_error("confirmed", words)
