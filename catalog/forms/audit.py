"""The filter of the audit log, and the format of an export."""

from dataclasses import fields
from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.queries.audit import NOBODY, AuditFilter


class AuditFilterForm(KeylessForm):
    """The filter of the audit log; values that can't be valid are ignored."""

    who = forms.RegexField(rf"^(?:[0-9]{{1,18}}|{NOBODY})$", label="User", required=False)
    action = forms.CharField(label="Action", max_length=60, required=False)
    target = forms.CharField(label="Target", max_length=120, required=False)
    since = forms.DateField(label="From", required=False)
    until = forms.DateField(label="To", required=False)
    request = forms.RegexField(r"^[0-9a-f]{1,40}$", label="Request", required=False)
    below = forms.RegexField(r"^[0-9]{1,18}$", required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.full_clean()

    @property
    def wanted(self) -> AuditFilter:
        """The filter in the form that the query takes."""
        values = {each.name: self.cleaned_data.get(each.name) for each in fields(AuditFilter)}
        return AuditFilter(**{name: value for name, value in values.items() if value})

    @property
    def below_number(self) -> int | None:
        """The number of the entry below which the page starts; None for the first page."""
        word = self.cleaned_data.get("below")
        return int(word) if word else None


class AuditExportForm(AuditFilterForm):
    """The same filter plus the file format."""

    form = forms.ChoiceField(choices=[("csv", "CSV"), ("json", "JSON")])
