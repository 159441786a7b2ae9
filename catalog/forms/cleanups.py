"""The filter of stale voices, the voices for a plan, the team's rules, keeps, and protection."""

from typing import Any

from django import forms
from django.http import QueryDict

from catalog.forms.base.text_fields import KeylessForm, KeylessMixin, strip_marks
from catalog.forms.voices.filters import read_page
from catalog.models import CleanupRules, Protection
from catalog.models.cleanups.rules import MOST_PER_RUN
from catalog.queries.cleanups.rules import RULES
from catalog.queries.cleanups.stale import SECTIONS

_MOST_TICKED = 10_000
_LONGEST_DAYS = 3650


class StaleFilterForm:
    """Read which part of the list to show; unknown values are ignored."""

    def __init__(self, query: QueryDict) -> None:
        self.section = _known(query.get("show", ""), SECTIONS)
        self.rule = _known(query.get("rule", ""), RULES)
        self.provider = query.get("provider", "")[:40]
        self.page = read_page(query.get("page", ""))


def _known(word: str, words: Any) -> str:
    return word if word in words else ""


class SelectionForm:
    """Read the selected ids, or that all results of a filter are meant; bad ids are ignored."""

    def __init__(self, posted: QueryDict) -> None:
        words = posted.getlist("id")
        ids = (int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19)
        self.voice_ids = list(dict.fromkeys(ids))[:_MOST_TICKED]
        self.is_all = "all" in posted
        self.is_from_list = "query" in posted
        self.query = QueryDict(posted.get("query", "").removeprefix("?"))
        self.error = "" if self.voice_ids or self.is_all else "Select at least one voice."


class RulesForm(KeylessMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A team's rules; an empty number turns its rule off."""

    class Meta:
        model = CleanupRules
        fields = (
            "unused_days",
            "unheard_days",
            "expiry_days",
            "finds_failed",
            "finds_unconsented",
            "finds_lapsed",
            "finds_ownerless",
            "finds_duplicates",
            "waiting_days",
            "most_per_run",
            "sends_report",
        )
        labels = {
            "unused_days": "Days without use",
            "unheard_days": "Days without being played here",
            "expiry_days": "Days before the provider withdraws the voice",
            "finds_failed": "Failed at the provider",
            "finds_unconsented": "No consent on record",
            "finds_lapsed": "Consent has expired",
            "finds_ownerless": "Owner left the team",
            "finds_duplicates": "Cloned from the same recording as another clone",
            "waiting_days": "Days between approval and deletion",
            "most_per_run": "Maximum voices per plan",
            "sends_report": "Notify admins weekly of voices that match the rules",
        }

    days = ("unused_days", "unheard_days", "expiry_days")
    switches = (
        "finds_failed",
        "finds_unconsented",
        "finds_lapsed",
        "finds_ownerless",
        "finds_duplicates",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.days:
            self._limit(name, 1, _LONGEST_DAYS)
            self.fields[name].required = False
        self._limit("waiting_days", 0, 90)
        self._limit("most_per_run", 1, MOST_PER_RUN)

    def _limit(self, name: str, least: int, most: int) -> None:
        words = f"Enter a whole number from {least:,} to {most:,}."
        errors = dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
        self.fields[name] = forms.IntegerField(
            label=self.fields[name].label, min_value=least, max_value=most, error_messages=errors
        )

    @property
    def day_fields(self) -> list[forms.BoundField]:
        """The rules that have a number of days."""
        return [self[name] for name in self.days]

    @property
    def switch_fields(self) -> list[forms.BoundField]:
        """The rules that are either on or off."""
        return [self[name] for name in self.switches]


class KeepForm(KeylessForm):
    """The day until which a voice is kept; empty means the default period."""

    until = forms.DateField(required=False)


class ProtectionForm(KeylessForm):
    """How to protect a voice, and why; any kind but a legal hold counts as a pin."""

    kind = forms.CharField(required=False)
    reason = forms.CharField(required=False)

    def clean_kind(self) -> str:
        kinds = Protection.Kind
        return kinds.HOLD if self.cleaned_data["kind"] == kinds.HOLD else kinds.PIN

    def clean_reason(self) -> str:
        return strip_marks(self.cleaned_data["reason"]).strip()[:200]
