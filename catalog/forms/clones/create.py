"""The wish for clones: keys, name and what the speaker agreed to."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict

from catalog.forms.base.text_fields import clean_words, refuse_marker, strip_marks
from catalog.forms.consents import ConsentFields
from catalog.models import CloneJob, Credential, User
from catalog.providers.languages import LANGUAGES
from catalog.providers.types import ProviderInfo, Transcript
from catalog.queries.clones import CloneTarget

LANGUAGE_CHOICES = sorted(LANGUAGES.items(), key=lambda pair: pair[1])


class CloneForm(ConsentFields):
    """Everything but the samples; nothing of it is trusted before ``is_valid``."""

    credential = forms.MultipleChoiceField(
        label="Keys",
        error_messages={
            "required": "Choose where the clone is to be made.",
            "invalid_choice": "You have no such key.",
            "invalid_list": "You have no such key.",
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
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(
        self,
        *args: Any,
        targets: list[CloneTarget],
        today: date,
        user: User | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.today = user, today
        self.targets = {str(target.credential.pk): target for target in targets}
        self.fields["credential"].choices = [(key, key) for key in self.targets]  # type: ignore[attr-defined]

    closed_words = "No provider can take a clone now: each says why under “Where”."

    @property
    def is_open(self) -> bool:
        """Tell whether there is any provider that a clone can be asked for at."""
        return any(target.is_open for target in self.targets.values())

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

    @property
    def noise_hint(self) -> str:
        """Which of the providers remove noise themselves."""
        words = self._name_those("Done by", lambda info: info.removes_noise)
        return f"{words} The others get the recording as it is." if words else ""

    def _name_those(self, words: str, wants: Callable[[ProviderInfo], bool]) -> str:
        labels = {target.info.label for target in self.targets.values() if wants(target.info)}
        return f"{words} {', '.join(sorted(labels))}." if labels else ""

    @property
    def ticked(self) -> list[str]:
        """The ids of the keys that are ticked, whether they may be or not."""
        return [str(key) for key in self["credential"].value() or []]

    @property
    def chosen_credentials(self) -> list[Credential]:
        """The keys that were chosen; only after ``is_valid``."""
        return [self.targets[key].credential for key in self.cleaned_data["credential"]]

    def check_length(self, seconds: float | None) -> bool:
        """Tell whether samples of this length are enough everywhere; says where they are not."""
        chosen = [self.targets[key] for key in self.cleaned_data.get("credential", [])]
        for target in chosen:
            least = target.info.min_sample_seconds
            if seconds is not None and seconds < least:
                words = f"{target.info.label} needs {least:g} s, and this is {seconds:.1f} s."
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
            raise forms.ValidationError("Two of these keys open the same account: choose one.")
        return keys

    def clean_name(self) -> str:
        words = "Give the voice a name that can be read."
        return refuse_marker(clean_words(self.cleaned_data["name"], words))

    def clean_transcript(self) -> str:
        return strip_marks(self.cleaned_data["transcript"].replace("\r", " ").replace("\n", " "))

    def clean_description(self) -> str:
        return refuse_marker(strip_marks(self.cleaned_data["description"]))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for key in values.get("credential", []):
            self._check_needs(self.targets[key].info)
        return values

    def _check_needs(self, info: ProviderInfo) -> None:
        needs = {
            "language": info.needs_language,
            "gender": info.needs_gender,
            "transcript": info.transcript is Transcript.NEEDED,
        }
        for name, is_needed in needs.items():
            if is_needed and not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, f"{info.label} wants to be told this.")
        if len(self.cleaned_data.get("name", "")) > info.max_name_length:
            self.add_error("name", f"{info.label} takes {info.max_name_length} characters at most.")


def keep_typed(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed so that a form that was not sent yet shows it again."""
    kept: dict[str, Any] = {name: posted.get(name) for name in CloneForm.base_fields}
    kept["credential"] = posted.getlist("credential")
    return {name: value for name, value in kept.items() if value is not None}


def repeat_clone(job: CloneJob, targets: list[CloneTarget], today: date) -> dict[str, Any]:
    """Return what fills the form for the same clone again; the consent is still to be attested.

    A last day of the consent that is over is left out.
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
