"""Teams, and the role of each member."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F

from catalog.models.users import User


class TeamQuerySet(models.QuerySet["Team"]):
    """Queries for teams."""

    def visible_to(self, user: User) -> Self:
        """Keep only the user's current team; nothing of their other teams is shown."""
        return self.filter(pk__in=Membership.objects.of(user).values("team")[:1])


class Team(models.Model):
    """People who share voices, keys, and clones."""

    name = models.CharField(max_length=80)
    requires_second_factor = models.BooleanField(default=False)
    # Whether a new clone speaks a sentence where that costs something.
    speaks_first = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Queries for memberships."""

    def active(self) -> Self:
        """Keep the memberships that aren't suspended."""
        return self.filter(suspended_at=None)

    def visible_to(self, user: User) -> Self:
        """Keep the members of the user's current team."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def admins(self, team: Team) -> "models.QuerySet[Membership, Any]":
        """Return the ids of the users who are admins of the team."""
        return self.filter(team=team, role=Membership.Role.ADMIN).values("user")

    def of(self, user: User) -> Self:
        """Return the user's own memberships, the current team first; with a token, only its own."""
        own = self.filter(user=user)
        if user.acting_team_id is not None:
            own = own.filter(team=user.acting_team_id)
        return own.order_by(F("chosen_at").desc(nulls_last=True), "pk")


_MembershipManager = models.Manager.from_queryset(MembershipQuerySet)


class ActiveMembershipManager(_MembershipManager["Membership"]):
    """Reads only memberships that aren't suspended, also by ``team.memberships``."""

    def get_queryset(self) -> MembershipQuerySet:
        """Return the active memberships."""
        return MembershipQuerySet(self.model, using=self._db).active()


class Membership(models.Model):
    """A user's role in a team.

    A suspended membership opens nothing, so ``objects`` leaves it out. It keeps what the user owns
    until an admin lifts the suspension or removes the member.
    """

    class Role(models.TextChoices):
        """Each role includes the rights of those before it."""

        VIEWER = "viewer", "Viewer"
        MEMBER = "member", "Member"
        CLONER = "cloner", "Cloner"
        ADMIN = "admin", "Admin"

    class Suspension(models.TextChoices):
        """Who suspended a membership, and so who lifts it."""

        ADMIN = "admin", "by an admin"
        GROUPS = "groups", "because of missing groups"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    chosen_at = models.DateTimeField(null=True)
    # Whether the company's provider gives and takes it by its groups.
    is_mapped = models.BooleanField(default=False)
    suspended_at = models.DateTimeField(null=True)
    suspension = models.CharField(max_length=10, choices=Suspension.choices, blank=True)

    objects = ActiveMembershipManager()
    everyone = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_role_per_person_and_team")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"

    @property
    def is_admin(self) -> bool:
        """Return whether the member is an admin of the team."""
        return self.role == self.Role.ADMIN

    @property
    def role_is_mapped(self) -> bool:
        """Return whether the role follows from groups at the company's provider."""
        return self.is_mapped and bool(settings.OIDC_ROLES)
