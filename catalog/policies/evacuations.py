"""Permissions to replace voices, and to announce that they end."""

from catalog.models import Evacuation, Membership, Team, User
from catalog.policies import may_clone, role_in


def may_change_evacuation(user: User, evacuation: Evacuation) -> bool:
    """Allow whoever made the replacement plan, as long as they can clone, and admins."""
    is_own = evacuation.made_by_id == user.pk and may_clone(user, evacuation.team)
    return is_own or may_replace_everywhere(user, evacuation.team)


def may_replace_everywhere(user: User, team: Team) -> bool:
    """Admins replace voices in everyone's collections and lists; others in what they may change."""
    return role_in(user, team) == Membership.Role.ADMIN


def may_announce_end(user: User, team: Team) -> bool:
    """Only admins announce that a provider or an account ends."""
    return role_in(user, team) == Membership.Role.ADMIN
