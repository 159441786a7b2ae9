"""The selected voices: some by id, or all results of a filter; labels for all of them."""

from typing import Any

from django import forms
from django.http import QueryDict

from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.voices.filters import LABEL_CHOICES, VoiceFilterForm, clean_accent
from catalog.queries.searches.filters import VoiceFilter


class ChoiceForm:
    """Read the selected ids, or the filter whose results are all selected; bad ids are ignored."""

    def __init__(self, posted: QueryDict) -> None:
        words = posted.getlist("id")
        ids = (int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19)
        self.voice_ids = list(dict.fromkeys(ids))
        self.is_all = "all" in posted
        self.query = posted.get("query", "").removeprefix("?")

    @property
    def wanted(self) -> VoiceFilter:
        """The filter whose results are all selected."""
        return VoiceFilterForm(QueryDict(self.query)).wanted


_FROM_PROVIDER = "-"
_USUAL = [("", "Don't change"), (_FROM_PROVIDER, "Use the provider's value")]


class BulkLabelForm(KeylessForm):
    """The team's labels for several voices; what is left empty stays as it is."""

    gender = forms.ChoiceField(required=False, choices=[*_USUAL, *LABEL_CHOICES["gender"]])
    age = forms.ChoiceField(required=False, choices=[*_USUAL, *LABEL_CHOICES["age"]])
    language = forms.ChoiceField(
        label="Main language", required=False, choices=[*_USUAL, *LABEL_CHOICES["language"]]
    )
    accent = forms.CharField(
        required=False,
        max_length=60,
        widget=forms.TextInput({"placeholder": "Don't change"}),
    )

    def clean_accent(self) -> str:
        return clean_accent(self.cleaned_data["accent"])

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.labels:
            raise forms.ValidationError("Choose at least one label to change.")
        return self.cleaned_data

    @property
    def labels(self) -> dict[str, str]:
        """The labels to change; "" stands for the provider's value."""
        said = {facet: value for facet, value in self.cleaned_data.items() if value}
        return {facet: "" if value == _FROM_PROVIDER else value for facet, value in said.items()}
