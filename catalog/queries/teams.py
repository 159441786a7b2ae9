"""The team that a person works in, and its people."""

from catalog.models import Membership, Team, User


def get_current_team(user: User) -> Team | None:
    """Return the team that new keys and clones of the person belong to."""
    return Team.objects.visible_to(user).order_by("memberships__pk").first()


def find_members(user: User) -> list[Membership]:
    """Return everybody in the person's teams."""
    teams = Team.objects.visible_to(user)
    rows = Membership.objects.filter(team__in=teams).select_related("user", "team")
    return list(rows.order_by("team", "user__email"))
