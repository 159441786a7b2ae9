"""Who sets limits and policies, and who sees what others spend."""

from catalog.models import Membership, Team, User
from catalog.policies import role_in


def may_change_policy(user: User, team: Team) -> bool:
    """Only admins decide what their team allows."""
    return role_in(user, team) == Membership.Role.ADMIN


def may_set_budgets(user: User, team: Team) -> bool:
    """Only admins set limits on spending."""
    return role_in(user, team) == Membership.Role.ADMIN


def may_settle_charges(user: User, team: Team) -> bool:
    """Only admins say whether a call was charged that had no answer."""
    return role_in(user, team) == Membership.Role.ADMIN


def may_read_all_charges(user: User, team: Team) -> bool:
    """Admins see what everyone spends; others see their own."""
    return role_in(user, team) == Membership.Role.ADMIN
