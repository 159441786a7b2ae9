"""Which voices are to be put in a plan, and what a team calls stale."""

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
    """Read which part of the list is looked at; unknown words are left out."""

    def __init__(self, query: QueryDict) -> None:
        self.section = _known(query.get("show", ""), SECTIONS)
        self.rule = _known(query.get("rule", ""), RULES)
        self.provider = query.get("provider", "")[:40]
        self.page = read_page(query.get("page", ""))


def _known(word: str, words: Any) -> str:
    return word if word in words else ""


class SelectionForm:
    """Read the ticked ids, or that all of a filter are meant; words that are no id are dropped."""

    def __init__(self, posted: QueryDict) -> None:
        words = posted.getlist("id")
        ids = (int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19)
        self.voice_ids = list(dict.fromkeys(ids))[:_MOST_TICKED]
        self.is_all = "all" in posted
        self.is_from_list = "query" in posted
        self.query = QueryDict(posted.get("query", "").removeprefix("?"))
        self.error = "" if self.voice_ids or self.is_all else "Tick at least one voice."


class RulesForm(KeylessMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A team's rules; an empty number switches its rule off."""

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
            "expiry_days": "Days until the provider withdraws it",
            "finds_failed": "Failed at the provider",
            "finds_unconsented": "No consent on record",
            "finds_lapsed": "Its consent has ended",
            "finds_ownerless": "Its maker left the team",
            "finds_duplicates": "Made from the same recording as another clone",
            "waiting_days": "Days between approval and deletion",
            "most_per_run": "Most voices one plan may delete",
            "sends_report": "Notify admins every week of what matches the rules",
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
        words = f"A whole number from {least:,} to {most:,}."
        errors = dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
        self.fields[name] = forms.IntegerField(
            label=self.fields[name].label, min_value=least, max_value=most, error_messages=errors
        )

    @property
    def day_fields(self) -> list[forms.BoundField]:
        """The rules with a number of days."""
        return [self[name] for name in self.days]

    @property
    def switch_fields(self) -> list[forms.BoundField]:
        """The rules that are on or off."""
        return [self[name] for name in self.switches]


class KeepForm(KeylessForm):
    """Until which day a voice is kept; empty means for the usual time."""

    until = forms.DateField(required=False)


class ProtectionForm(KeylessForm):
    """How a voice is to be protected, and why; what is no legal hold is a pin."""

    kind = forms.CharField(required=False)
    reason = forms.CharField(required=False)

    def clean_kind(self) -> str:
        kinds = Protection.Kind
        return kinds.HOLD if self.cleaned_data["kind"] == kinds.HOLD else kinds.PIN

    def clean_reason(self) -> str:
        return strip_marks(self.cleaned_data["reason"]).strip()[:200]
