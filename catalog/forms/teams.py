"""Invitations, roles, names, and owners in a team, and removing members."""

from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import Membership

_ROLES = Membership.Role.choices
_DAYS = [(1, "1 day"), (7, "7 days"), (30, "30 days")]


class RoleForm(KeylessForm):
    """A member's role in the team."""

    role = forms.ChoiceField(label="Role", choices=_ROLES)


class InvitationForm(RoleForm):
    """The role that an invitation gives, how long it works, and a note on who it is for."""

    days = forms.TypedChoiceField(label="Valid for", choices=_DAYS, coerce=int, initial=7)
    label = forms.CharField(label="Who it's for", max_length=120, required=False)

    field_order = ("label", "role", "days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = Membership.Role.MEMBER


class TeamForm(KeylessForm):
    """The name of a team."""

    name = forms.CharField(label="Team name", max_length=80)


class OwnerForm(KeylessForm):
    """The new owner of an account or a voice, and the reason."""

    owner = forms.TypedChoiceField(
        label="New owner",
        coerce=int,
        error_messages={
            "required": "Choose the new owner.",
            "invalid_choice": "Choose a member of the team.",
        },
    )
    reason = forms.CharField(
        label="Reason",
        max_length=300,
        error_messages={
            "required": "Enter a reason. The new owner and the audit log will show it."
        },
    )

    def __init__(self, owners: list[Membership], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owners = {row.pk: row for row in owners}
        named = [(row.pk, f"{row.user} ({row.get_role_display()})") for row in owners]
        self.fields["owner"].choices = [("", "Choose a member"), *named]  # type: ignore[attr-defined]

    @property
    def chosen_owner(self) -> Membership:
        """The membership of the new owner."""
        return self._owners[self.cleaned_data["owner"]]


class RemovalForm(KeylessForm):
    """Why a member is removed, and who takes over their things."""

    new_owner = forms.TypedChoiceField(
        label="New owner",
        empty_value=None,
        coerce=int,
        error_messages={"required": "Choose a new owner."},
    )
    reason = forms.CharField(label="Reason (for the audit log)", max_length=300, required=False)

    def __init__(
        self, candidates: list[Membership], *args: Any, needs_new_owner: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_owner"].required = needs_new_owner
        self._candidates = {row.pk: row for row in candidates}
        choices = [(row.pk, f"{row.user} ({row.get_role_display()})") for row in candidates]
        self.fields["new_owner"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen_owner(self) -> Membership | None:
        """The membership of the new owner, if one was chosen."""
        return self._candidates.get(self.cleaned_data["new_owner"])
