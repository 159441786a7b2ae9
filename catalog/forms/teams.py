"""Invitations, roles, names, and owners in a team, and removing members."""

from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import ConsentLevel, Membership, TeamPolicy
from catalog.providers.languages import LANGUAGES, REGION_CODES
from catalog.providers.registry import all_infos

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


_MOST_DAYS = 36_500


class PolicyForm(KeylessForm):
    """What a team allows: providers, languages, consent, and how long files are kept."""

    providers = forms.MultipleChoiceField(
        label="Allowed providers",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=lambda: [(info.slug, info.label) for info in all_infos()],
    )
    languages = forms.CharField(label="Allowed languages", max_length=400, required=False)
    consent_level = forms.TypedChoiceField(
        label="Consent needed to clone", coerce=int, choices=ConsentLevel.choices
    )
    sample_days = forms.IntegerField(
        label="Days to keep samples", required=False, min_value=1, max_value=_MOST_DAYS
    )
    drops_used_samples = forms.BooleanField(
        label="Also delete samples that a clone was made from", required=False
    )
    clip_days = forms.IntegerField(
        label="Days to keep generated speech", required=False, min_value=1, max_value=_MOST_DAYS
    )

    _same = ("consent_level", "sample_days", "drops_used_samples", "clip_days")

    def __init__(self, data: Any = None, *, policy: TeamPolicy) -> None:
        initial = {name: getattr(policy, name) for name in self._same}
        initial["languages"] = ", ".join(policy.languages)
        slugs = [info.slug for info in all_infos()]
        initial["providers"] = [slug for slug in slugs if slug not in policy.blocked_providers]
        super().__init__(data, initial=initial)

    def clean_languages(self) -> list[str]:
        """Return the tags, such as "en" and "en-GB"."""
        words = self.cleaned_data["languages"].replace(",", " ").split()
        return list(dict.fromkeys(_read_tag(word) for word in words))

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the policy."""
        chosen = self.cleaned_data["providers"]
        blocked = [info.slug for info in all_infos() if info.slug not in chosen]
        kept = {name: self.cleaned_data[name] for name in (*self._same, "languages")}
        return {"blocked_providers": blocked, **kept}


def _read_tag(word: str) -> str:
    language, _, region = word.partition("-")
    language, region = language.lower(), region.upper()
    if language not in LANGUAGES or (region and region not in REGION_CODES):
        raise forms.ValidationError(
            f"“{word[:20]}” isn't a language code. Use codes such as en, en-GB, or pt-BR."
        )
    return f"{language}-{region}" if region else language
