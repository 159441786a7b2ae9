"""Permissions of one-time links: a link is worth what its maker may do when it is used."""

from catalog.models import ConsentRequest, Invitation, Membership, PasswordLink, User
from catalog.policies import (
    holds_admin_role,
    may_act,
    may_clone,
    may_give_role,
    may_reset_password,
)


def invitation_holds(invitation: Invitation) -> bool:
    """Return whether the inviter could still create this invitation now."""
    maker, team = invitation.made_by, invitation.team
    return may_act(maker, team) and may_give_role(maker, team, invitation.role)


def password_link_holds(link: PasswordLink) -> bool:
    """Return whether the link's maker could still create it now, given the user's current roles."""
    maker, person = link.made_by, link.user
    if not maker.is_active or not person.is_active or not may_reset_password(maker, person):
        return False
    return link.is_for_admin or not holds_admin_role(person)


def may_withdraw_password_link(user: User, link: PasswordLink) -> bool:
    """Admins of any of the user's teams can, because withdrawing a link is harmless."""
    teams = Membership.everyone.filter(user=link.user).values("team")
    own = Membership.objects.filter(user=user, role=Membership.Role.ADMIN)
    return own.filter(team__in=teams).exists()


def consent_request_holds(request: ConsentRequest) -> bool:
    """Return whether the person who asked could still ask now."""
    return may_act(request.asked_by, request.team) and may_clone(request.asked_by, request.team)
