"""Users, who sign in with their email address."""

import copy
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import models

from catalog.models.installation import Installation


class UserManager(BaseUserManager["User"]):
    """Creates users who sign in by email."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; email addresses are not case-sensitive."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an operator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this email address, in any case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractUser):
    """A user; signs in with the email address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    # Signs in with a password even if everyone else must use the company's provider.
    is_break_glass = models.BooleanField(default=False)

    # Whether the company's provider asked for a second factor in this session; not stored here.
    has_company_factor = False
    # The team of the token that signed this request in; None for a browser, whose user chooses.
    acting_team_id: int | None = None

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def may_use_password(self) -> bool:
        """Return whether a password opens this account, or only the company's provider."""
        return self.is_break_glass or not settings.OIDC_ONLY

    def acting_in(self, team_id: int) -> "User":
        """Return the same user, who sees only this team, whichever is chosen in a browser.

        It isn't stored: a user who is read from the database again acts in the chosen team.
        """
        acting = copy.copy(self)
        acting.acting_team_id = team_id
        return acting

    def has_usable_password(self) -> bool:
        """Return whether the user can sign in and confirm with a password."""
        return self.may_use_password and super().has_usable_password()

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password; a refusal takes as long as a wrong password."""
        return super().check_password(raw_password) and self.may_use_password

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = str(self).replace("@", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class ResetTokens(PasswordResetTokenGenerator):
    """Makes and checks tokens of password reset links; a restore ends all links made before it."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        restored_at = Installation.objects.values_list("restored_at", flat=True).first()
        epoch = restored_at.isoformat() if restored_at else ""
        return f"{super()._make_hash_value(user, timestamp)}{epoch}"
