"""New users: the first admin of an installation, and people who accept an invitation."""

from typing import Any

from allauth.account.forms import UserTokenForm
from django import forms
from django.contrib.auth.password_validation import validate_password

from catalog.forms.base.text_fields import KeylessForm
from catalog.models import User


class JoinForm(KeylessForm):
    """The new user's name, email, and password."""

    name = forms.CharField(label="Your name", max_length=120)
    email = forms.EmailField(label="Email")
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,  # as at sign-in: spaces count
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(
            email=self.cleaned_data.get("email", ""), first_name=self.cleaned_data.get("name", "")
        )
        validate_password(password, person)
        return password


class SetupForm(JoinForm):
    """The first admin, and the first team."""

    team = forms.CharField(label="Team name", max_length=80)

    field_order = ("team", "name", "email", "password")


class ActiveTokenForm(UserTokenForm):  # type: ignore[misc]
    """Refuses to set a password by an emailed link where it would open nothing."""

    def _get_user(self, uidb36: str) -> User | None:
        user: User | None = super()._get_user(uidb36)
        may_set = user is not None and user.is_active and user.may_use_password
        return user if may_set else None


class PasswordForm(KeylessForm):
    """A new password for an existing user."""

    password = forms.CharField(
        label="New password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self._person)
        return password
