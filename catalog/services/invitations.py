"""Invite by a link that ends, works once and leaves its trace; come in through one."""

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.crypto import hash_token
from catalog.models import Invitation, Membership, Team, User


class InvitationSpent(Exception):
    """The link is wrong, too old, was used, or was taken back."""


class AlreadyThere(Exception):
    """The person is in the team; the link stays good for somebody else."""


class AddressTaken(Exception):
    """Somebody with this address has an account, and can sign in to come in."""


@transaction.atomic
def invite(user: User, *, team: Team, role: str, label: str, days: int, now: datetime) -> str:
    """Make a link into the team and return its token, which is shown this once."""
    if not policies.may_give_role(user, team, role):
        raise PermissionDenied
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        team=team,
        role=role,
        label=label,
        token_hash=hash_token(token),
        made_by=user,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    record(user, "invitation made", invitation, team=team, now=now, role=role, days=days)
    return token


@transaction.atomic
def withdraw_invitation(user: User, *, invitation: Invitation, now: datetime) -> None:
    """Take a link back; one that was used stays as it is."""
    if not policies.may_manage_people(user, invitation.team):
        raise PermissionDenied
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, withdrawn_at=None)
    if unused.update(withdrawn_at=now):
        record(user, "invitation withdrawn", invitation, team=invitation.team, now=now)


def find_invitation(token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation that the link opens, if its maker could still make it."""
    rows = Invitation.objects.open(now).filter(token_hash=hash_token(token))
    found = rows.select_related("team", "made_by").first()
    return found if found is not None and policies.invitation_holds(found) else None


@transaction.atomic
def accept_invitation(user: User, *, token: str, now: datetime) -> Team:
    """Bring somebody who has an account into the team; raises InvitationSpent, AlreadyThere."""
    return _come_in(user, token, now)


@sensitive_variables()
@transaction.atomic
def join_by_invitation(*, token: str, name: str, email: str, password: str, now: datetime) -> User:
    """Make an account for somebody new, and bring them in; raises as accept_invitation does.

    Raises AddressTaken where the address has an account already.
    """
    if find_invitation(token, now=now) is None:
        raise InvitationSpent
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AddressTaken
    user = User.objects.create_user(email, password, first_name=name)
    _come_in(user, token, now)
    return user


def _come_in(user: User, token: str, now: datetime) -> Team:
    # Nobody's role in the team changes between this check and the membership.
    wanted = Invitation.objects.filter(token_hash=hash_token(token)).values("team")
    Team.objects.select_for_update().filter(pk__in=wanted).first()
    invitation = find_invitation(token, now=now)
    if invitation is None:
        raise InvitationSpent
    team = invitation.team
    if Membership.objects.filter(user=user, team=team).exists():
        raise AlreadyThere
    # Of two who use the link at once, only one finds it unused.
    unused = Invitation.objects.open(now).filter(pk=invitation.pk)
    if not unused.update(used_by=user, used_at=now):
        raise InvitationSpent
    Membership.objects.create(user=user, team=team, role=invitation.role, chosen_at=now)
    record(
        user,
        "invitation used",
        invitation,
        team=team,
        now=now,
        after={"role": invitation.role},
        invited_by=str(invitation.made_by),
    )
    return team
