"""Account events such as failed sign-ins and password changes, and signed-in browsers."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.jobs.users import end_all, note_event
from catalog.models import PasswordLink, User

# Once a user has set a password, links made before must not set another.
_NEW_PASSWORDS = {"password changed", "password reset", "password set"}


@transaction.atomic
def note_account(user: User, *, action: str, now: datetime) -> None:
    """Record what happened to a user's account in the log of each of their teams."""
    if action in _NEW_PASSWORDS:
        PasswordLink.objects.withdraw_for(user, now)
    note_event(user, user=user, action=action, now=now)


@transaction.atomic
def note_provider_session(user: User, *, session_key: str, sid: str) -> None:
    """Note which session at the company's provider this browser's session comes from."""
    UserSession.objects.filter(user=user, session_key=session_key).update(data={"sid": sid})


@transaction.atomic
def move_session(*, old: str, new: str) -> None:
    """Keep a browser in the list of sessions when its session gets another key."""
    UserSession.objects.filter(session_key=old).update(session_key=new)


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
def end_sessions_of(*, emails: list[str], now: datetime) -> int:
    """Sign out these users everywhere, at an operator's request; return how many sessions ended.

    Without any address, everyone is signed out.
    """
    users = User.objects.order_by("pk")
    if emails:
        users = users.filter(email__in=[email.strip().lower() for email in emails])
    count = 0
    for user in users:
        sessions = list(UserSession.objects.filter(user=user))
        end_all(sessions=sessions)
        if sessions:
            note_event(None, user=user, action="sessions ended by the operator", now=now)
        count += len(sessions)
    if not emails:
        Session.objects.all().delete()
    return count


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
        note_event(None, user=owner, action="two-factor authentication turned off", now=now)
    return bool(removed)
