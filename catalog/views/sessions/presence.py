"""When somebody last proved in this browser who they are, and when they were last there."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

# What scripts send with a request that nobody made, such as the bell looking for news.
_POLL_HEADER = "X-Poll"
_CAME, _SEEN, _PROVED = "came_at", "seen_at", "proved_at"
_LONGEST_SECONDS = 30 * 24 * 3600
# A session is written this much more seldom than it is used.
_STEP_SECONDS = 300


def note_sign_in(sender: object, request: HttpRequest, **_: Any) -> None:
    """Start the session's clocks, however the person signed in."""
    request.session.update(dict.fromkeys((_CAME, _SEEN, _PROVED), _now()))


def note_proof(
    sender: object, request: HttpRequest, reauthenticated: bool = False, **_: Any
) -> None:
    """Note that the person gave the password or a code again."""
    if reauthenticated:
        request.session[_PROVED] = _now()


def has_proof(request: HttpRequest) -> bool:
    """Tell whether the person proved a short while ago who they are."""
    since = _now() - int(request.session.get(_PROVED, 0))
    return since < int(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


class PresenceMiddleware:
    """End sessions that nobody uses any more, and note that the others are used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, as nobody's if its session has ended."""
        session = request.session
        if SESSION_KEY in session:
            if _has_ended(session):
                logout(request)
            elif _POLL_HEADER not in request.headers:
                _note_use(session)
        return self.get_response(request)


def _has_ended(session: SessionBase) -> bool:
    now = _now()
    is_idle = now - int(session.get(_SEEN, now)) > settings.SESSION_COOKIE_AGE
    return is_idle or now - int(session.get(_CAME, now)) > _LONGEST_SECONDS


def _note_use(session: SessionBase) -> None:
    now = _now()
    if now - int(session.get(_SEEN, 0)) > min(_STEP_SECONDS, settings.SESSION_COOKIE_AGE / 10):
        # To be saved moves the end in the database, and that of the cookie.
        session[_SEEN] = now
        session.setdefault(_CAME, now)


def _now() -> int:
    return int(timezone.now().timestamp())
