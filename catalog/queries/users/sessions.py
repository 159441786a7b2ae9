"""The active sessions of a user."""

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection

from catalog.models import User

# The order matters: many browsers also name those they are compatible with.
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
# Plain SQL: every request runs these, and composing them would take longer than running them.
_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
_USER = "SELECT * FROM catalog_user WHERE id = %s"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One browser in which the user is signed in."""

    session: UserSession
    browser: str
    is_current: bool


def read_open_session(key: str | None, now: datetime) -> str | None:
    """Return the signed data of a session, or None if it has expired."""
    with connection.cursor() as cursor:
        cursor.execute(_SESSION, [key, now])
        row = cursor.fetchone()
    return str(row[0]) if row else None


def find_session_user(user_id: int) -> User | None:
    """Return the user of a session, or None if the account is gone."""
    return next(iter(User.objects.raw(_USER, [user_id])), None)


def find_sessions(user: User, current: str, now: datetime) -> list[SessionRow]:
    """Return the user's active sessions, the current one first, then the newest."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=alive).order_by("-created_at")
    shown = [
        SessionRow(row, name_browser(row.user_agent), row.session_key == current) for row in rows
    ]
    return sorted(shown, key=lambda row: not row.is_current)


def name_browser(user_agent: str) -> str:
    """Return the browser and system that a user agent names."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), "")
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    words = " on ".join(word for word in (browser, system) if word)
    return words or re.split(r"[/ ]", user_agent)[0][:40] or "Unknown browser"
