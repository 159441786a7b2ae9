"""Password links: an admin makes one, and its user sets a new password with it, once."""

import secrets
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.jobs.mail import write_reset_link
from catalog.jobs.users import end_all, note_event, teams_of
from catalog.models import Membership, PasswordLink, Team, User
from catalog.policies.links import may_withdraw_password_link, password_link_holds

_LINK_LIVES = timedelta(days=1)


class ResetSpent(Exception):
    """The link is wrong, expired, or used."""


@transaction.atomic
def make_password_link(user: User, *, membership: Membership, now: datetime) -> str:
    """Make a link with which the member can set a new password, and return its token."""
    person = membership.user
    if not policies.may_reset_password(user, person):
        raise PermissionDenied
    token = secrets.token_urlsafe(32)
    PasswordLink.objects.withdraw_for(person, now)
    PasswordLink.objects.create(
        user=person,
        token_hash=hash_token(token),
        made_by=user,
        expires_at=now + _LINK_LIVES,
        is_for_admin=policies.holds_admin_role(person),
    )
    record(user, "password link created", person, team=membership.team, now=now)
    return token


@transaction.atomic
def withdraw_password_link(user: User, *, link: PasswordLink, now: datetime) -> None:
    """Withdraw an open link; a used one is left unchanged."""
    if not may_withdraw_password_link(user, link):
        raise PermissionDenied
    if PasswordLink.objects.open(now).filter(pk=link.pk).update(withdrawn_at=now):
        note_event(user, user=link.user, action="password link withdrawn", now=now)


def find_password_link(token: str, *, now: datetime) -> PasswordLink | None:
    """Return the open link for this token, if its maker may still make it for this user."""
    rows = PasswordLink.objects.open(now).filter(token_hash=hash_token(token))
    link = rows.select_related("user", "made_by").first()
    return link if link is not None and password_link_holds(link) else None


@sensitive_variables()
@transaction.atomic
def set_password_by_link(*, token: str, password: str, now: datetime) -> User:
    """Set the password and end every session; two-factor stays on. Raises ResetSpent."""
    found = PasswordLink.objects.filter(token_hash=hash_token(token)).first()
    if found is not None:
        # The lock keeps roles from changing between this check and the new password.
        _lock_teams_of(found.user)
    link = find_password_link(token, now=now)
    if link is None:
        raise ResetSpent
    # If two people use the link at once, only one finds it unused.
    if not PasswordLink.objects.open(now).filter(pk=link.pk).update(used_at=now):
        raise ResetSpent
    link.user.set_password(password)
    link.user.save(update_fields=["password"])
    end_all(sessions=list(UserSession.objects.filter(user=link.user)))
    note_event(link.user, user=link.user, action="password set by link", now=now)
    return link.user


@transaction.atomic
def mail_reset_link(*, user: User, site: str, now: datetime) -> None:
    """Email the person a link to set a new password, as someone asked who can't sign in."""
    write_reset_link(user, site=site, now=now)
    note_event(None, user=user, action="password reset link requested", now=now)


def _lock_teams_of(user: User) -> None:
    list(Team.objects.select_for_update(no_key=True).filter(pk__in=teams_of(user)).order_by("pk"))
