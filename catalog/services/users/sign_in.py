"""What happens to accounts: coming and going, sessions, and new passwords by a link."""

import logging
import secrets
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.models import Membership, Notification, PasswordLink, Team, User

_LINK_LIVES = timedelta(days=1)
# Once the person has set a password, no link that was made before sets another one.
_NEW_PASSWORDS = {"password changed", "password reset", "password set"}
# What the person hears of, in the app and by mail, whoever did it.
_TOLD = {
    "password changed": "Your password was changed",
    "password reset": "Your password was reset by a mailed link",
    "password set": "Your password was set",
    "password set by link": "Your password was set by a link that an admin made",
    "second factor set up": "Two-factor authentication was turned on for your account",
    "second factor removed": "Two-factor authentication was turned off for your account",
    "recovery codes made": "New recovery codes were made for your account",
}
_ADVICE = "If it wasn't you, set a new password, sign out of other devices, and tell an admin."
_LOG = logging.getLogger(__name__)


class ResetSpent(Exception):
    """The link is wrong, too old, or was used."""


@transaction.atomic
def note_account(user: User, *, action: str, now: datetime) -> None:
    """Write into the log of each of the person's teams what happened to the account."""
    if action in _NEW_PASSWORDS:
        _withdraw_links_for(user, now)
    _note(user, user, action, now)


@transaction.atomic
def note_failed_sign_in(*, email: str, now: datetime) -> None:
    """Write that somebody tried; an address that nobody has is not kept."""
    tried = User.objects.filter(email=email.strip().lower()[:254]).first()
    if tried is not None:
        _note(None, tried, "sign-in failed", now)


@transaction.atomic
def end_session(user: User, *, session: UserSession, now: datetime) -> None:
    """Sign one of the person's own browsers out."""
    if session.user_id != user.pk:
        raise PermissionDenied
    _end([session])
    _note(user, user, "session ended", now)


@transaction.atomic
def end_other_sessions(user: User, *, current: str, now: datetime) -> int:
    """Sign out every browser of the person but the one with this session."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=current))
    _end(others)
    if others:
        _note(user, user, "other sessions ended", now)
    return len(others)


@transaction.atomic
def make_password_link(user: User, *, membership: Membership, now: datetime) -> str:
    """Return the token of a link by which the person sets a new password."""
    person = membership.user
    if not policies.may_reset_password(user, person):
        raise PermissionDenied
    token = secrets.token_urlsafe(32)
    _withdraw_links_for(person, now)
    PasswordLink.objects.create(
        user=person,
        token_hash=hash_token(token),
        made_by=user,
        expires_at=now + _LINK_LIVES,
        is_for_admin=policies.runs_a_team(person),
    )
    record(user, "password link made", person, team=membership.team, now=now)
    return token


@transaction.atomic
def withdraw_password_link(user: User, *, link: PasswordLink, now: datetime) -> None:
    """Withdraw an open link; one that was used stays as it is."""
    if not policies.may_withdraw_password_link(user, link):
        raise PermissionDenied
    if PasswordLink.objects.open(now).filter(pk=link.pk).update(withdrawn_at=now):
        _note(user, link.user, "password link withdrawn", now)


def find_password_link(token: str, *, now: datetime) -> PasswordLink | None:
    """Return the link of this token, if its maker could still make it for this person."""
    rows = PasswordLink.objects.open(now).filter(token_hash=hash_token(token))
    link = rows.select_related("user", "made_by").first()
    return link if link is not None and policies.password_link_holds(link) else None


@sensitive_variables()
@transaction.atomic
def set_password_by_link(*, token: str, password: str, now: datetime) -> User:
    """Set the password, which ends every session; raises ResetSpent. A second factor stays."""
    found = PasswordLink.objects.filter(token_hash=hash_token(token)).first()
    if found is not None:
        # Nobody's role changes between this check and the new password.
        _lock_teams_of(found.user)
    link = find_password_link(token, now=now)
    if link is None:
        raise ResetSpent
    # Of two who use the link at once, only one finds it unused.
    if not PasswordLink.objects.open(now).filter(pk=link.pk).update(used_at=now):
        raise ResetSpent
    link.user.set_password(password)
    link.user.save(update_fields=["password"])
    _end(list(UserSession.objects.filter(user=link.user)))
    _note(link.user, link.user, "password set by link", now)
    return link.user


@transaction.atomic
def remove_second_factor(*, email: str, now: datetime) -> bool:
    """Take the second factor off an account, as an operator does who knows whose it is."""
    owner = User.objects.filter(email=email.strip().lower()).first()
    if owner is None:
        return False
    removed, _ = Authenticator.objects.filter(user=owner).delete()
    if removed:
        _note(None, owner, "second factor removed", now)
    return bool(removed)


def _lock_teams_of(user: User) -> None:
    teams = user.memberships.values("team")
    list(Team.objects.select_for_update().filter(pk__in=teams).order_by("pk"))


def _note(actor: User | None, user: User, action: str, now: datetime) -> None:
    teams = list(Team.objects.filter(memberships__in=user.memberships.all()).order_by("pk"))
    if action in _TOLD:
        _tell(user, _TOLD[action], now)
    # Of a person in no team it is in the chain, but in no team's log (models/audit.py).
    for team in teams or (None,):
        record(actor, action, user, team=team, now=now)


def _tell(user: User, words: str, now: datetime) -> None:
    page, text = Notification.Page.ACCOUNT, f"{words}. {_ADVICE}"
    Notification.objects.create(user=user, page=page, text=text, mood="fail", made_at=now)
    if settings.SENDS_MAIL:
        transaction.on_commit(lambda: _mail(user.email, words, f"{text}\n\nVoiceboard\n"))


def _mail(address: str, subject: str, text: str) -> None:
    try:
        send_mail(subject, text, None, [address])
    except OSError as exc:
        # The act is done, and its notice is in the app.
        _LOG.warning("A notice could not be mailed: %s", type(exc).__name__)


def _withdraw_links_for(person: User, now: datetime) -> None:
    PasswordLink.objects.open(now).filter(user=person).update(withdrawn_at=now)


def _end(sessions: list[UserSession]) -> None:
    keys = [session.session_key for session in sessions]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
