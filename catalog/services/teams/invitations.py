"""Invite by a link that ends, works once and leaves its trace; come in through one."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.models import Invitation, Membership, Team, User


class InvitationSpent(Exception):
    """The link is wrong, too old, was used, or was taken back."""


class AlreadyThere(Exception):
    """The person is in the team; the link stays good for somebody else."""


class KeptForAnother(Exception):
    """The link was answered with another address, and works for that one alone."""


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
    """Bring somebody who is signed in into the team.

    Raises InvitationSpent, AlreadyThere, KeptForAnother.
    """
    return _come_in(user, token, now)


@sensitive_variables()
@transaction.atomic
def answer_invitation(*, token: str, name: str, email: str, password: str, now: datetime) -> None:
    """Keep the link for this address, and make an account for it if there is none.

    What happens looks the same from outside whether or not the address had an account: nobody is
    in the team before they have signed in. Raises InvitationSpent, and KeptForAnother where the
    link was answered with another address before.
    """
    invitation = _find_locked(token, now)
    email = email.strip().lower()
    if invitation.kept_for not in {"", email}:
        raise KeptForAnother
    # Always, because it takes most of the time that an answer takes.
    hashed = make_password(password)
    person = User.objects.filter(email=email).first()
    if person is None:
        person = User.objects.create(email=email, password=hashed, first_name=name)
        invitation.used_by = person
    elif invitation.used_by == person and person.last_login is None:
        # Whoever mistyped the new password enters it again.
        User.objects.filter(pk=person.pk).update(password=hashed)
    if not invitation.kept_for:
        record(None, "invitation answered", invitation, team=invitation.team, now=now)
    invitation.kept_for = email
    invitation.save(update_fields=["kept_for", "used_by"])


def _come_in(user: User, token: str, now: datetime) -> Team:
    invitation = _find_locked(token, now)
    team = invitation.team
    if invitation.kept_for not in {"", user.email}:
        raise KeptForAnother
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


def _find_locked(token: str, now: datetime) -> Invitation:
    # Nobody's role in the team changes between this check and what follows.
    wanted = Invitation.objects.filter(token_hash=hash_token(token)).values("team")
    Team.objects.select_for_update().filter(pk__in=wanted).first()
    invitation = find_invitation(token, now=now)
    if invitation is None:
        raise InvitationSpent
    return invitation
