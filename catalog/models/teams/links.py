"""Invitations, password links, and the setup link of the first admin."""

from datetime import datetime
from typing import Self

from django.db import models

from catalog.models.teams.teams import Membership, Team
from catalog.models.users import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Queries for invitations."""

    def visible_to(self, user: User) -> Self:
        """Keep invitations to the user's current team."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def open(self, now: datetime) -> Self:
        """Keep invitations that can still be used."""
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A link that lets one person join a team; only its hash is stored, and the row stays."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    label = models.CharField(max_length=120, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    # The first address entered on the join page; from then on, the link works only for it.
    kept_for = models.EmailField(blank=True, default="")

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label or f"Invitation {self.pk}"

    @property
    def is_settled(self) -> bool:
        """Return whether it was used or withdrawn."""
        return self.used_at is not None or self.withdrawn_at is not None


class PasswordLinkQuerySet(models.QuerySet["PasswordLink"]):
    """Queries for password links."""

    def visible_to(self, user: User) -> Self:
        """Keep links for members of the user's current team."""
        return self.filter(user__in=Membership.everyone.visible_to(user).values("user"))

    def open(self, now: datetime) -> Self:
        """Keep links that are not used, withdrawn, or expired."""
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)

    def withdraw_for(self, person: User, now: datetime) -> None:
        """Withdraw every open link for this user."""
        self.open(now).filter(user=person).update(withdrawn_at=now)


class PasswordLink(models.Model):
    """A link with which a user sets a new password, once; only its hash is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    # Whether the user was an admin when the link was made; otherwise an admin can't use it.
    is_for_admin = models.BooleanField(default=False)

    objects = PasswordLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Password link {self.pk}"


class SetupLink(models.Model):
    """The one-time link that creates the first admin; only its hash is stored."""

    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Setup link until {self.expires_at:%Y-%m-%d %H:%M}"
