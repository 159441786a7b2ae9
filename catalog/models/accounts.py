"""People, their teams, what each is in a team, and the links by which they come in."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F


class UserManager(BaseUserManager["User"]):
    """Make users who sign in by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; the address is compared without regard to case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an operator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find the person by address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractUser):
    """A person; the e-mail address is the name to sign in with."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = str(self).replace("@", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class TeamQuerySet(models.QuerySet["Team"]):
    """Teams by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the one team that the person works in now: of another, nothing is shown."""
        return self.filter(pk__in=Membership.objects.of(user).values("team")[:1])


class Team(models.Model):
    """People who share voices, keys and clones."""

    name = models.CharField(max_length=80)
    demands_second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the people of the team that the person works in now."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, user: User) -> Self:
        """Return the person's own ones, that of the team chosen last first."""
        return self.filter(user=user).order_by(F("chosen_at").desc(nulls_last=True), "pk")


class Membership(models.Model):
    """What a person is in a team."""

    class Role(models.TextChoices):
        """Each role may do what the ones before it may."""

        VIEWER = "viewer", "Viewer"
        MEMBER = "member", "Member"
        CLONER = "cloner", "Cloner"
        ADMIN = "admin", "Admin"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    chosen_at = models.DateTimeField(null=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_role_per_person_and_team")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"

    @property
    def is_admin(self) -> bool:
        """Tell whether the person runs the team."""
        return self.role == self.Role.ADMIN


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
