"""What people choose in a replacement plan, and the end of a provider that an admin announces."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from catalog.forms.base.text_fields import KeylessForm, strip_marks
from catalog.models import EvacuationLine, ProviderAccount, User, Voice
from catalog.providers.registry import get_adapter
from catalog.queries.clones import CloneTarget
from catalog.queries.evacuations.targets import LineChoice

Choice = EvacuationLine.Choice
_PK = re.compile(r"(?:/voices/)?(\d{1,18})/?(?:[?#].*)?$")
ALL, UNDECIDED = "all", "open"


def read_choices(
    posted: QueryDict, lines: list[EvacuationLine], targets: list[CloneTarget], user: User
) -> dict[UUID, LineChoice]:
    """Return what was chosen for each line; what can't be read or seen is left out."""
    keys = {str(target.credential.pk): target.credential for target in targets if target.is_open}
    asked = {line.pk: _read_wanted(posted, line) for line in lines}
    pks = {pk for _, pk, _ in asked.values() if pk is not None}
    seen = Voice.objects.visible_to(user).present()
    voices = seen.filter(pk__in=pks).in_bulk()
    found = {}
    for line_id, (choice, pk, key) in asked.items():
        if choice is None or (choice == Choice.VOICE and pk not in voices):
            continue
        voice = voices[pk] if pk is not None else None
        found[line_id] = LineChoice(choice, keys.get(key), voice)
    return found


def _read_wanted(posted: QueryDict, line: EvacuationLine) -> tuple[str | None, int | None, str]:
    value = posted.get(f"line-{line.pk}")
    if value is None:
        return None, None, ""
    if value.startswith("voice:"):
        return Choice.VOICE, _read_pk(value.removeprefix("voice:")), ""
    if value == "other":
        return Choice.VOICE, _read_pk(posted.get(f"other-{line.pk}", "")), ""
    if value.startswith("clone:"):
        return Choice.CLONE, None, value.removeprefix("clone:")
    return (value if value in {Choice.OPEN, Choice.LEAVE} else None), None, ""


def _read_pk(text: str) -> int | None:
    found = _PK.search(text.strip())
    return int(found[1]) if found else None


def read_bulk_choices(
    posted: QueryDict, lines: list[EvacuationLine], targets: list[CloneTarget]
) -> dict[UUID, LineChoice]:
    """Return the same choice for many lines: the ticked ones, the undecided ones, or all."""
    keys = {str(target.credential.pk): target.credential for target in targets if target.is_open}
    which, ticked = posted.get("which", ""), set(posted.getlist("id"))
    chosen = [line for line in lines if _is_meant(line, which, ticked)]
    kind, _, key = posted.get("do", "").partition(":")
    if kind == "clone" and (credential := keys.get(key or posted.get("key", ""))):
        return {line.pk: LineChoice(Choice.CLONE, credential) for line in chosen}
    if kind == "leave":
        return {line.pk: LineChoice(Choice.LEAVE) for line in chosen}
    if kind == "nearest":
        first = {line.pk: line.candidates[0]["id"] for line in chosen if line.candidates}
        voices = Voice.objects.present().in_bulk(set(first.values()))
        return {
            line_id: LineChoice(Choice.VOICE, voice=voices[pk])
            for line_id, pk in first.items()
            if pk in voices
        }
    return {}


def _is_meant(line: EvacuationLine, which: str, ticked: set[str]) -> bool:
    if which == ALL:
        return True
    return not line.is_decided if which == UNDECIDED else str(line.pk) in ticked


class EndForm(KeylessForm):
    """A provider or an account closes, or deletes clones that aren't used."""

    subject = forms.ChoiceField(
        label="What ends",
        error_messages={"required": "Choose a provider or an account."},
    )
    ends_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Enter a date."},
    )
    unused_days = forms.IntegerField(
        label="Or: deletes clones unused for (days)", required=False, min_value=1, max_value=3650
    )
    note = forms.CharField(label="Note", required=False, max_length=200)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, accounts: list[ProviderAccount]
    ) -> None:
        super().__init__(data)
        self.accounts = {f"account:{each.pk}": each for each in accounts}
        slugs = dict.fromkeys(each.provider for each in accounts)
        choices = [(f"provider:{slug}", get_adapter(slug).info.label) for slug in slugs]
        for key, account in self.accounts.items():
            label = account.label[:40] or f"account {account.pk}"
            choices.append((key, f"{account.info.label} · {label}"))
        self.fields["subject"].choices = sorted(choices, key=lambda pair: pair[1])  # type: ignore[attr-defined]

    def clean_note(self) -> str:
        return strip_marks(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if bool(values.get("ends_on")) == bool(values.get("unused_days")) and not self.errors:
            self.add_error("ends_on", "Enter either the last day or a number of days.")
        return values

    @property
    def account(self) -> ProviderAccount | None:
        """The account that was chosen, None for a whole provider; only after ``is_valid``."""
        return self.accounts.get(self.cleaned_data["subject"])

    @property
    def provider(self) -> str:
        """The provider that was chosen; only after ``is_valid``."""
        if self.account is not None:
            return self.account.provider
        return str(self.cleaned_data["subject"]).removeprefix("provider:")

    @property
    def last_day(self) -> date | None:
        """The last day, None for a rule about unused clones; only after ``is_valid``."""
        found: date | None = self.cleaned_data["ends_on"]
        return found


class HookForm(KeylessForm):
    """The signing secret of a provider's webhook; it's never sent back to the browser."""

    secret = forms.CharField(
        label="Signing secret",
        min_length=8,
        max_length=200,
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"required": "Paste the signing secret."},
    )
