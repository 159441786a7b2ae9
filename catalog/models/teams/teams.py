"""Teams, and what each person is in one."""

from typing import Self

from django.db import models
from django.db.models import F

from catalog.models.users import User


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
