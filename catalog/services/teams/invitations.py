"""Invite people by a link that expires and works once, and accept invitations."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.models import Invitation, Membership, Team, User
from catalog.policies.links import invitation_holds


class InvitationSpent(Exception):
    """The link is wrong, expired, used, or withdrawn."""


class AlreadyThere(Exception):
    """The person is already in the team; someone else can still use the link."""


class MembershipSuspended(Exception):
    """The person is in the team already, but suspended; only an admin changes that."""


class KeptForAnother(Exception):
    """The link was claimed with another address and works only for that one."""


@transaction.atomic
def invite(user: User, *, team: Team, role: str, label: str, days: int, now: datetime) -> str:
    """Create an invitation and return its token, which can't be shown again."""
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
    record(user, "invitation created", invitation, team=team, now=now, role=role, days=days)
    return token


@transaction.atomic
def withdraw_invitation(user: User, *, invitation: Invitation, now: datetime) -> None:
    """Withdraw an unused link; a used one is left unchanged."""
    if not policies.may_manage_people(user, invitation.team):
        raise PermissionDenied
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, withdrawn_at=None)
    if unused.update(withdrawn_at=now):
        record(user, "invitation withdrawn", invitation, team=invitation.team, now=now)


def find_invitation(token: str, *, now: datetime) -> Invitation | None:
    """Return the open invitation for this token, if its maker may still invite."""
    rows = Invitation.objects.open(now).filter(token_hash=hash_token(token))
    found = rows.select_related("team", "made_by").first()
    return found if found is not None and invitation_holds(found) else None


@transaction.atomic
def accept_invitation(user: User, *, token: str, now: datetime) -> Team:
    """Add a signed-in user to the team.

    Raises InvitationSpent, AlreadyThere, MembershipSuspended, KeptForAnother.
    """
    return _come_in(user, token, now)


@sensitive_variables()
@transaction.atomic
def answer_invitation(*, token: str, name: str, email: str, password: str, now: datetime) -> None:
    """Reserve the link for this address, and create an account if the address has none.

    Both cases look the same from outside, and the person joins the team only after signing in.
    Raises InvitationSpent, and KeptForAnother if the link is reserved for another address.
    """
    if settings.OIDC_ONLY:
        raise PermissionDenied
    invitation = _find_locked(token, now)
    email = email.strip().lower()
    if invitation.kept_for not in {"", email}:
        raise KeptForAnother
    # Hash in every case: it takes most of the time and would reveal whether there is an account.
    hashed = make_password(password)
    person = User.objects.filter(email=email).first()
    if person is None:
        person = User.objects.create(email=email, password=hashed, first_name=name)
        invitation.used_by = person
    elif invitation.used_by == person and person.last_login is None:
        # Someone who mistyped the new password can enter it again.
        User.objects.filter(pk=person.pk).update(password=hashed)
    if not invitation.kept_for:
        record(None, "invitation form submitted", invitation, team=invitation.team, now=now)
    invitation.kept_for = email
    invitation.save(update_fields=["kept_for", "used_by"])


def _come_in(user: User, token: str, now: datetime) -> Team:
    invitation = _find_locked(token, now)
    team = invitation.team
    if invitation.kept_for not in {"", user.email}:
        raise KeptForAnother
    own = Membership.everyone.filter(user=user, team=team).first()
    if own is not None:
        raise AlreadyThere if own.suspended_at is None else MembershipSuspended
    # If two people use the link at once, only one finds it unused.
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


def _find_locked(token: str, now: datetime) -> Invitation:
    # The team's lock keeps roles from changing between this check and the following writes.
    wanted = Invitation.objects.filter(token_hash=hash_token(token)).values("team")
    Team.objects.select_for_update(no_key=True).filter(pk__in=wanted).first()
    invitation = find_invitation(token, now=now)
    if invitation is None:
        raise InvitationSpent
    return invitation
