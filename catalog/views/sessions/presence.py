"""When a user last confirmed their identity in this browser, and when they last used it."""

from collections.abc import Callable
from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from catalog.models import User
from catalog.services.users.sign_in import move_session, note_account

# Scripts send this with automatic requests, such as the bell's polling.
_POLL_HEADER = "X-Poll"
_CAME, _SEEN, _PROVED = "came_at", "seen_at", "proved_at"
_COMPANY, _FACTOR = "company", "company_factor"
_LONGEST_SECONDS = 30 * 24 * 3600
# The session is saved at most this often, however much it is used.
_STEP_SECONDS = 300


def note_sign_in(sender: object, request: HttpRequest, **_: Any) -> None:
    """Start the session's timestamps, for any method of sign-in."""
    request.session.update(dict.fromkeys((_CAME, _SEEN, _PROVED), _now()))


def note_proof(
    sender: object, request: HttpRequest, reauthenticated: bool = False, **_: Any
) -> None:
    """Record that the user entered the password or a code again."""
    if reauthenticated:
        request.session[_PROVED] = _now()
        old = request.session.session_key or ""
        # Whoever knew the old one gains nothing from the confirmation.
        request.session.cycle_key()
        move_session(old=old, new=request.session.session_key or "")


def note_code(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Record that a recovery code was used; codes of an app are ordinary and aren't recorded."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        note_account(user, action="recovery code used", now=timezone.now())


def note_company(request: HttpRequest, *, has_factor: bool) -> None:
    """Record that the company's provider signed the user in, and if with a second factor."""
    request.session.update({_COMPANY: True, _FACTOR: has_factor})


def has_proof(request: HttpRequest) -> bool:
    """Return whether the user confirmed their identity recently."""
    since = _now() - int(request.session.get(_PROVED, 0))
    return since < int(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


class PresenceMiddleware:
    """Ends idle and old sessions, and records that the others are in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, signed out if its session has expired."""
        session = request.session
        if SESSION_KEY in session:
            if _has_ended(session):
                logout(request)
            elif _POLL_HEADER not in request.headers:
                _note_use(session)
            if session.get(_FACTOR):
                cast(User, get_user(request)).has_company_factor = True
        return self.get_response(request)


def _has_ended(session: SessionBase) -> bool:
    now = _now()
    is_idle = now - int(session.get(_SEEN, now)) > settings.SESSION_COOKIE_AGE
    longest = settings.SESSION_COOKIE_AGE if session.get(_COMPANY) else _LONGEST_SECONDS
    return is_idle or now - int(session.get(_CAME, now)) > longest


def _note_use(session: SessionBase) -> None:
    now = _now()
    if now - int(session.get(_SEEN, 0)) > min(_STEP_SECONDS, settings.SESSION_COOKIE_AGE / 10):
        # Saving also extends the session in the database and its cookie.
        session[_SEEN] = now
        session.setdefault(_CAME, now)


def _now() -> int:
    return int(timezone.now().timestamp())
