"""Teams, and the role of each member."""

from typing import Self

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
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Queries for memberships."""

    def visible_to(self, user: User) -> Self:
        """Keep the members of the user's current team."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, user: User) -> Self:
        """Return the user's own memberships, the current team first."""
        return self.filter(user=user).order_by(F("chosen_at").desc(nulls_last=True), "pk")


class Membership(models.Model):
    """A user's role in a team."""

    class Role(models.TextChoices):
        """Each role includes the rights of those before it."""

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
        """Return whether the member is an admin of the team."""
        return self.role == self.Role.ADMIN
