"""Why a speaker's permission ends, and whether its proofs are kept."""

from django import forms

from catalog.forms.base.text_fields import KeylessForm


class WithdrawalForm(KeylessForm):
    """The reason, and what happens to the proofs of consent."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        error_messages={"required": "Enter a reason. The report and the audit log will show it."},
    )
    erases_proofs = forms.BooleanField(
        label="Also erase the proofs of consent right away", required=False
    )
