"""What to do with two voices that are the same."""

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import TwinPair


class MergeForm(KeylessForm):
    """Which voice stays, and whether the other is also planned for deletion."""

    kept = forms.TypedChoiceField(coerce=int)
    is_planned = forms.BooleanField(required=False)

    def __init__(self, *args: object, pair: TwinPair) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        field = self.fields["kept"]
        field.choices = [(voice.pk, "") for voice in pair.voices]  # type: ignore[attr-defined]
