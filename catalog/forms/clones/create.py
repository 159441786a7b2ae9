"""The form that requests clones: keys, voice name, details, and consent."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict

from catalog.forms.base.text_fields import clean_words, refuse_marker, strip_marks
from catalog.forms.consents import GUARDIAN_MISSING, PROJECT_MISSING, ConsentFields
from catalog.models import CloneJob, Consent, Credential, User
from catalog.models.teams.policies import ConsentLevel
from catalog.providers.languages import LANGUAGES
from catalog.providers.types import ProviderInfo, Transcript
from catalog.queries.clones import CloneTarget
from catalog.queries.speakers import find_speaker_note

PROOF_MISSING = "Add a signed document or a recorded statement. Your team needs it as proof."
SPOKEN_MISSING = "Choose a consent that the speaker has recorded."
LANGUAGE_CHOICES = sorted(LANGUAGES.items(), key=lambda pair: pair[1])


class CloneForm(ConsentFields):
    """Everything except the samples; use the values only after ``is_valid``."""

    credential = forms.MultipleChoiceField(
        label="Keys",
        error_messages={
            "required": "Choose at least one key to clone with.",
            "invalid_choice": "You don't have access to this key.",
            "invalid_list": "You don't have access to this key.",
        },
    )
    name = forms.CharField(
        label="Voice name",
        max_length=100,
        error_messages={"required": "Enter a name for the voice."},
    )
    description = forms.CharField(label="Description", max_length=300, required=False)
    removes_noise = forms.BooleanField(label="Let the provider remove noise", required=False)
    language = forms.ChoiceField(
        label="Language of the sample",
        required=False,
        choices=lambda: [("", "Choose a language"), *LANGUAGE_CHOICES],
    )
    gender = forms.ChoiceField(
        label="Gender of the voice",
        required=False,
        choices=[
            ("", "Choose a gender"),
            ("female", "Female"),
            ("male", "Male"),
            ("neutral", "Neutral"),
        ],
    )
    transcript = forms.CharField(
        label="Transcript of the sample",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    form_token = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={
            "required": "This form is out of date.",
            "invalid": "This form is out of date.",
        },
    )

    def __init__(
        self,
        *args: Any,
        targets: list[CloneTarget],
        today: date,
        user: User | None = None,
        recorded: Consent | None = None,
        level: int = ConsentLevel.ATTESTED,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.today, self.recorded = user, today, recorded
        self.needs_proof = recorded is None and level == ConsentLevel.PROOF
        self.needs_spoken = recorded is None and level == ConsentLevel.SPOKEN
        self.fields["proof"].required = self.needs_proof
        self.fields["proof"].error_messages["required"] = PROOF_MISSING
        if recorded is not None or self.needs_spoken:
            # The speaker already said what these fields ask for, or has to.
            for name in ConsentFields.base_fields:
                del self.fields[name]
        self.targets = {str(target.credential.pk): target for target in targets}
        self.fields["credential"].choices = [(key, key) for key in self.targets]  # type: ignore[attr-defined]
        for name, words in self._list_missing_words():
            if name in self.fields:
                self.fields[name].widget.attrs["data-missing"] = words

    def _list_missing_words(self) -> Iterator[tuple[str, str]]:
        """Yield fields that can be required, and what the page says while one is empty."""
        for name in ("name", "speaker", "relation", "allowed_use", "consent"):
            yield name, str(self.base_fields[name].error_messages["required"])
        yield "proof", PROOF_MISSING
        yield "given_by", GUARDIAN_MISSING
        yield "use_note", PROJECT_MISSING

    spoken_missing = SPOKEN_MISSING
    closed_words = "No provider can clone right now. See the reasons under “Providers”."

    @property
    def is_open(self) -> bool:
        """Return whether any provider can take a clone."""
        return any(target.is_open for target in self.targets.values())

    @property
    def max_bytes(self) -> int:
        """The maximum size of a sample, in bytes."""
        return int(settings.SAMPLE_MAX_BYTES)

    @property
    def language_hint(self) -> str:
        """Which providers require the language, and how many languages the others support."""
        known = {t.info.label: len(t.info.clone_languages) for t in self.targets.values()}
        listed = [f"{label} supports {count} languages." for label, count in known.items() if count]
        needed = self._name_those("Required by", lambda info: info.needs_language)
        return " ".join(filter(None, [needed, *listed]))

    @property
    def gender_hint(self) -> str:
        """Which providers require the gender."""
        return self._name_those("Required by", lambda info: info.needs_gender)

    @property
    def transcript_hint(self) -> str:
        """Which providers use the transcript."""
        return self._name_those("Used by", lambda info: info.transcript is not Transcript.NONE)

    @property
    def noise_hint(self) -> str:
        """Which providers can remove noise."""
        words = self._name_those("Supported by", lambda info: info.removes_noise)
        return f"{words} The others get the recording unchanged." if words else ""

    def _name_those(self, words: str, wants: Callable[[ProviderInfo], bool]) -> str:
        labels = {target.info.label for target in self.targets.values() if wants(target.info)}
        return f"{words} {', '.join(sorted(labels))}." if labels else ""

    @property
    def ticked(self) -> list[str]:
        """The submitted ids of the keys, not validated."""
        return [str(key) for key in self["credential"].value() or []]

    @property
    def chosen_credentials(self) -> list[Credential]:
        """The chosen keys; only after ``is_valid``."""
        return [self.targets[key].credential for key in self.cleaned_data["credential"]]

    def check_length(self, seconds: float | None) -> bool:
        """Return whether the samples are long enough for every provider; adds errors if not."""
        chosen = [self.targets[key] for key in self.cleaned_data.get("credential", [])]
        for target in chosen:
            least = target.info.min_sample_seconds
            if seconds is not None and seconds < least:
                words = f"{target.info.label} needs at least {least:g} s, not {seconds:.1f} s."
                self.add_error("credential", f"Too short: {words}")
        return not self.errors

    def clean_credential(self) -> list[str]:
        keys: list[str] = list(dict.fromkeys(self.cleaned_data["credential"]))
        chosen = [self.targets[key] for key in keys]
        for target in chosen:
            if target.obstacle:
                raise forms.ValidationError(f"{target.credential.title}: {target.obstacle}")
        accounts = [target.credential.account_id for target in chosen]
        if len(set(accounts)) < len(accounts):
            raise forms.ValidationError("Two of these keys are for the same account. Choose one.")
        return keys

    def clean_speaker(self) -> str:
        name = super().clean_speaker()
        note = find_speaker_note(self.user, name, self.today) if self.user else None
        if note is not None and note.is_blocked:
            raise forms.ValidationError(note.words)
        return name

    def clean_name(self) -> str:
        words = "Enter a name with at least one letter or digit."
        return refuse_marker(clean_words(self.cleaned_data["name"], words))

    def clean_transcript(self) -> str:
        return strip_marks(self.cleaned_data["transcript"].replace("\r", " ").replace("\n", " "))

    def clean_description(self) -> str:
        return refuse_marker(strip_marks(self.cleaned_data["description"]))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for key in values.get("credential", []):
            self._check_needs(self.targets[key].info)
        if self.needs_spoken:
            self.add_error(None, SPOKEN_MISSING)
        return values

    @staticmethod
    def find_needs(info: ProviderInfo) -> list[str]:
        """Return the names of the optional fields that a provider requires."""
        needs = {
            "language": info.needs_language,
            "gender": info.needs_gender,
            "transcript": info.transcript is Transcript.NEEDED,
        }
        return [name for name, is_needed in needs.items() if is_needed]

    def _check_needs(self, info: ProviderInfo) -> None:
        for name in self.find_needs(info):
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, f"{info.label} requires this.")
        if len(self.cleaned_data.get("name", "")) > info.max_name_length:
            most = info.max_name_length
            self.add_error("name", f"{info.label} allows at most {most} characters.")


def keep_typed(posted: QueryDict) -> dict[str, Any]:
    """Return the posted values, to show an unsubmitted form again."""
    kept: dict[str, Any] = {name: posted.get(name) for name in CloneForm.base_fields}
    kept["credential"] = posted.getlist("credential")
    return {name: value for name, value in kept.items() if value is not None}


def repeat_clone(job: CloneJob, targets: list[CloneTarget], today: date) -> dict[str, Any]:
    """Return initial values that repeat a clone; the user must attest the consent again.

    An expiry date in the past is left out.
    """
    consent = job.batch.consent
    has_ended = consent.has_ended(today)
    kept: dict[str, Any] = {
        "name": job.name,
        "description": job.description,
        "language": job.language,
        "gender": job.gender,
        "transcript": job.transcript,
        "removes_noise": job.removes_noise,
        "speaker": consent.speaker.name,
        "relation": consent.relation,
        "allowed_use": consent.allowed_use,
        "use_note": consent.use_note,
        "given_by": consent.given_by,
        "ends_on": None if has_ended else consent.ends_on,
    }
    keys = [each.credential for each in targets if each.is_open]
    same = [str(key.pk) for key in keys if key.account_id == job.account_id]
    return {**kept, "credential": same[:1]} if same else kept
