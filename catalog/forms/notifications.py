"""How a person wants to hear of each event."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import Notification

Event, Delivery = Notification.Event, Notification.Delivery


class NotificationForm(KeylessForm):
    """Two fields for each event: whether it is shown in the app, and how it is emailed."""

    def __init__(self, data: Any = None, *, choices: Mapping[str, tuple[bool, str]]) -> None:
        super().__init__(data)
        self._events = list(choices)
        for event, (is_shown, mail) in choices.items():
            self.fields[f"{event}-shown"] = forms.BooleanField(initial=is_shown, required=False)
            self.fields[f"{event}-mail"] = forms.ChoiceField(
                choices=Delivery.choices,
                initial=mail,
                label="Email",
                widget=forms.Select(attrs={"class": "sel-plain"}),
            )

    def list_rows(self) -> Iterator[tuple[str, forms.BoundField, forms.BoundField]]:
        """Yield the label of each event with its two fields."""
        for event in self._events:
            yield Event(event).label, self[f"{event}-shown"], self[f"{event}-mail"]

    @property
    def chosen(self) -> dict[str, tuple[bool, str]]:
        """What was chosen, by event."""
        found = self.cleaned_data
        return {each: (found[f"{each}-shown"], found[f"{each}-mail"]) for each in self._events}
