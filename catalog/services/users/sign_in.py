"""Account events such as failed sign-ins and password changes, and signed-in browsers."""

import logging
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction

from catalog.audit import record
from catalog.models import Notification, PasswordLink, Team, User

# Once a user has set a password, links made before must not set another.
_NEW_PASSWORDS = {"password changed", "password reset", "password set"}
# Account events that the user is notified of in the app and by email, whoever caused them.
_TOLD = {
    "password changed": "Your password was changed",
    "password reset": "Your password was reset with a link sent by email",
    "password set": "Your password was set",
    "password set by link": "Your password was set with a link from an admin",
    "second factor set up": "Two-factor authentication was turned on for your account",
    "second factor removed": "Two-factor authentication was turned off for your account",
    "recovery codes made": "New recovery codes were generated for your account",
}
_ADVICE = "If it wasn't you, set a new password, sign out of other devices, and tell an admin."
_LOG = logging.getLogger(__name__)


@transaction.atomic
def note_account(user: User, *, action: str, now: datetime) -> None:
    """Record what happened to a user's account in the log of each of their teams."""
    if action in _NEW_PASSWORDS:
        PasswordLink.objects.withdraw_for(user, now)
    note_event(user, user=user, action=action, now=now)


@transaction.atomic
def note_failed_sign_in(*, email: str, now: datetime) -> None:
    """Record a failed sign-in; unknown addresses are not stored."""
    tried = User.objects.filter(email=email.strip().lower()[:254]).first()
    if tried is not None:
        note_event(None, user=tried, action="sign-in failed", now=now)


@transaction.atomic
def end_session(user: User, *, session: UserSession, now: datetime) -> None:
    """Sign out one of the user's own browsers."""
    if session.user_id != user.pk:
        raise PermissionDenied
    end_all(sessions=[session])
    note_event(user, user=user, action="session ended", now=now)


@transaction.atomic
def end_other_sessions(user: User, *, current: str, now: datetime) -> int:
    """Sign out all of the user's other browsers; ``current`` is the session key to keep."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=current))
    end_all(sessions=others)
    if others:
        note_event(user, user=user, action="other sessions ended", now=now)
    return len(others)


@transaction.atomic
def remove_second_factor(*, email: str, now: datetime) -> bool:
    """Turn off two-factor authentication for an account, at an operator's request.

    Return False if there is no such account, or it has no second factor.
    """
    owner = User.objects.filter(email=email.strip().lower()).first()
    if owner is None:
        return False
    removed, _ = Authenticator.objects.filter(user=owner).delete()
    if removed:
        note_event(None, user=owner, action="second factor removed", now=now)
    return bool(removed)


def note_event(actor: User | None, *, user: User, action: str, now: datetime) -> None:
    """Record an account event in each of the user's teams, and notify the user if it matters."""
    teams = list(Team.objects.filter(memberships__in=user.memberships.all()).order_by("pk"))
    if action in _TOLD:
        _tell(user, _TOLD[action], now)
    # For a user in no team, the entry is in the chain but in no team's log (models/audit.py).
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
        # The action is complete, and its notification is in the app.
        _LOG.warning("Could not email a notification: %s", type(exc).__name__)


def end_all(*, sessions: list[UserSession]) -> None:
    """Sign out these browsers."""
    keys = [session.session_key for session in sessions]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
