"""A saved search: its name, who sees it, and its query."""

from urllib.parse import unquote_plus

from django import forms
from django.http import QueryDict

from catalog.forms.base.text_fields import KEY_IS_NO_TEXT, KeylessForm, contains_key
from catalog.forms.collections import clean_title
from catalog.forms.voices.filters import VoiceFilterForm

_WHOSE = [("own", "Only me"), ("team", "My team")]


class QueryForm(KeylessForm):
    """A query in the same form as the list's URL, normalized."""

    query = forms.CharField(max_length=20_000, required=False, widget=forms.HiddenInput)

    def clean_query(self) -> str:
        query = canonical_query(self.cleaned_data["query"])
        if contains_key(unquote_plus(query)):
            raise forms.ValidationError(KEY_IS_NO_TEXT)
        return query


class SearchForm(QueryForm):
    """A saved search with its name."""

    name = forms.CharField(
        max_length=80,
        error_messages={
            "required": "Enter a name for the search.",
            "max_length": "A name can have at most 80 characters.",
        },
    )
    whose = forms.ChoiceField(choices=_WHOSE, initial="own", widget=forms.RadioSelect)

    def clean_name(self) -> str:
        return clean_title(self.cleaned_data["name"])

    @property
    def is_shared(self) -> bool:
        """Return whether the team should see the search."""
        return bool(self.cleaned_data["whose"] == "team")


def canonical_query(text: str) -> str:
    """Return the search terms and filters of a query string in normalized form."""
    return VoiceFilterForm(QueryDict(text.removeprefix("?"))).wanted.search_query()
