"""Links by which people come in: invitations, password links, the first admin's setup link."""

from datetime import datetime
from typing import Self

from django.db import models

from catalog.models.teams.teams import Membership, Team
from catalog.models.users import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep those into the team that the person works in now."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def open(self, now: datetime) -> Self:
        """Keep those by which somebody may still come in."""
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A link into a team that works once; only its hash is kept, the row stays as its trace."""

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
    # The address that was entered on the join page first: from then on the link works for it alone.
    kept_for = models.EmailField(blank=True, default="")

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label or f"Invitation {self.pk}"

    @property
    def is_settled(self) -> bool:
        """Tell whether it was used or taken back."""
        return self.used_at is not None or self.withdrawn_at is not None


class PasswordLinkQuerySet(models.QuerySet["PasswordLink"]):
    """Password links by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep those for people of the team that the person works in now."""
        return self.filter(user__in=Membership.objects.visible_to(user).values("user"))

    def open(self, now: datetime) -> Self:
        """Keep those that were neither used nor withdrawn and have not expired."""
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)

    def withdraw_for(self, person: User, now: datetime) -> None:
        """Withdraw every open link for this person."""
        self.open(now).filter(user=person).update(withdrawn_at=now)


class PasswordLink(models.Model):
    """A link that sets a person's new password, once; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    # Whether the person ran a team when the link was made: otherwise it opens no admin's account.
    is_for_admin = models.BooleanField(default=False)

    objects = PasswordLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Password link {self.pk}"


class SetupLink(models.Model):
    """The one-time link by which the first admin is made; only its hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Setup link until {self.expires_at:%Y-%m-%d %H:%M}"
