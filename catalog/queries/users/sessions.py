"""The browsers in which a person is signed in."""

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection

from catalog.models import User
from catalog.queries.base.rows import RowReader

# In this order: many browsers name those that they are like, too.
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
# Plain statements: every request asks them, and to compose them takes longer than an answer.
_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
_USERS = RowReader(User, [each.attname for each in User._meta.concrete_fields])
_USER = f"SELECT {_USERS.columns_of('u')} FROM catalog_user u WHERE id = %s"  # noqa: S608


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One browser in which the person is signed in."""

    session: UserSession
    browser: str
    is_current: bool


def read_open_session(key: str | None, now: datetime) -> str | None:
    """Return what is kept for a browser's cookie, signed; None where its session has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_SESSION, [key, now])
        row = cursor.fetchone()
    return str(row[0]) if row else None


def find_session_user(user_id: int) -> User | None:
    """Return whose session it is, None where the account is gone."""
    with connection.cursor() as cursor:
        cursor.execute(_USER, [user_id])
        rows = cursor.fetchall()
    return next(iter(_USERS.make(rows)), None)


def find_sessions(user: User, current: str, now: datetime) -> list[SessionRow]:
    """Return the person's open sessions, this one first, then the newest."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=alive).order_by("-created_at")
    shown = [
        SessionRow(row, name_browser(row.user_agent), row.session_key == current) for row in rows
    ]
    return sorted(shown, key=lambda row: not row.is_current)


def name_browser(user_agent: str) -> str:
    """Say in a few words which browser this is, as far as it tells."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), "")
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    words = " on ".join(word for word in (browser, system) if word)
    return words or re.split(r"[/ ]", user_agent)[0][:40] or "A browser that does not say"
