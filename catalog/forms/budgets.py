"""A limit on spending, what an unclear call cost, and the month that a page shows."""

from datetime import date
from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import Budget, Charge, Membership, User

_HIGHEST = 2_000_000_000
_UNITS = [(Charge.Unit.CHARACTERS, "Characters of speech"), (Charge.Unit.VOICES, "Clones")]


class BudgetForm(KeylessForm):
    """Whose limit, on what, and how much; without any number, the limit is removed."""

    whose = forms.ChoiceField(
        label="Limit for",
        error_messages={"invalid_choice": "Choose the team, each person, or one of its members."},
    )
    unit = forms.ChoiceField(label="Of", choices=_UNITS)
    warn_at = forms.IntegerField(label="Warn at", required=False, min_value=1, max_value=_HIGHEST)
    most = forms.IntegerField(label="Stop at", required=False, min_value=0, max_value=_HIGHEST)

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(row.user_id): row.user for row in members}
        scopes = [(each.value, each.label) for each in (Budget.Scope.TEAM, Budget.Scope.EACH)]
        named = [(key, str(person)) for key, person in self._people.items()]
        self.fields["whose"].choices = [*scopes, *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Reject a warning that would come after the stop."""
        values = super().clean() or self.cleaned_data
        warn_at, most = values.get("warn_at"), values.get("most")
        if warn_at is not None and most is not None and warn_at > most:
            self.add_error("warn_at", "Enter at most the number at which spending stops.")
        return values

    @property
    def chosen_person(self) -> User | None:
        """The person whose limit it is, None for the team or each person."""
        return self._people.get(self.cleaned_data["whose"])


class ChargeDecisionForm(KeylessForm):
    """Whether a call without an answer was charged, and how the admin knows."""

    decision = forms.ChoiceField(choices=[("charged", "Charged"), ("none", "Not charged")])
    reason = forms.CharField(
        label="How you know",
        max_length=300,
        error_messages={"required": "Say how you know. The audit log will show it."},
    )


def read_month(text: str, months: list[date]) -> date:
    """Return the month written as 2026-11 if it is one of these, else the first of them."""
    return next((month for month in months if f"{month:%Y-%m}" == text), months[0])
