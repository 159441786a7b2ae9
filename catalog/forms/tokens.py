"""An API token to make or to renew."""

from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm, clean_words
from catalog.models.tokens import Scope

MOST_DAYS = 365
_DAYS = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (MOST_DAYS, "1 year")]
_OLD = [("day", "For 24 more hours"), ("now", "Not anymore")]


class TokenLifeForm(KeylessForm):
    """How long a token works."""

    days = forms.TypedChoiceField(label="Expires after", choices=_DAYS, coerce=int, initial=90)


class TokenForm(TokenLifeForm):
    """The name, scopes, and life of a new token; only scopes that the user may give."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        error_messages={"required": "Enter a name, such as the program that uses the token."},
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do", error_messages={"required": "Choose at least one."}
    )

    field_order = ("name", "scopes", "days")

    def __init__(self, offered: list[Scope], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(scope.value, scope.label) for scope in offered]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return clean_words(self.cleaned_data["name"], "Enter a name with letters or digits.")


class TokenRenewalForm(TokenLifeForm):
    """How long the renewed token works, and whether the old secret does meanwhile."""

    keeps_old = forms.TypedChoiceField(
        label="The old token works", choices=_OLD, coerce="day".__eq__, initial="day"
    )

    field_order = ("keeps_old", "days")
