"""Users: log and notify what happened to an account, and sign browsers out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from catalog.audit import current_origin, record
from catalog.jobs.mail import drop_reset_links, write_mail
from catalog.jobs.notifications.send import notify
from catalog.models import Mail, Membership, Notification, Team, User
from catalog.queries.users.sessions import name_browser

Event = Notification.Event

# Account events that the user is notified of in the app and by email, no matter who caused them.
_NOTICES = {
    "password changed": "Your password was changed",
    "password reset": "Your password was reset with a link sent by email",
    "password set": "Your password was set",
    "password set by link": "Your password was set with a link from an admin",
    "two-factor authentication turned on": "Two-factor authentication was turned on",
    "two-factor authentication turned off": "Two-factor authentication was turned off",
    "recovery codes generated": "New recovery codes were generated for your account",
    "recovery code used": "One of your recovery codes was used",
    "company sign-in connected": "Company sign-in was connected to your account",
}
# After these, a link that was asked for before must not set another password.
_NEW_PASSWORDS = {"password changed", "password reset", "password set", "password set by link"}
# No session lasts longer, see views/sessions/presence.py.
_SESSION_LIVES = timedelta(days=31)
_ADVICE = "If it wasn't you, set a new password, sign out of other devices, and tell an admin."


def note_event(actor: User | None, *, user: User, action: str, now: datetime) -> None:
    """Record an account event in each of the user's teams, and notify the user if it matters."""
    teams = list(Team.objects.filter(pk__in=teams_of(user)).order_by("pk"))
    if action in _NEW_PASSWORDS:
        drop_reset_links(user, "The password was changed.", now)
    if action in _NOTICES:
        _tell(user, _NOTICES[action], now)
    # For a user in no team, the entry is in the chain but in no team's log (models/audit.py).
    for team in teams or (None,):
        record(actor, action, user, team=team, now=now)


def teams_of(user: User) -> "QuerySet[Membership, Any]":
    """Return the ids of all teams that the user is in, also where they are suspended."""
    return Membership.everyone.filter(user=user).values("team")


def tell_admins(user: User, words: str, now: datetime) -> None:
    """Notify the other admins of the user's teams, in the app and by email."""
    notified: dict[int, User] = {}
    for team in Team.objects.filter(pk__in=teams_of(user)).order_by("pk"):
        admins = User.objects.filter(pk__in=Membership.objects.admins(team), is_active=True)
        for admin in admins.exclude(pk=user.pk).order_by("pk"):
            notified[admin.pk] = admin
        texts = dict.fromkeys((admin.pk for admin in admins.exclude(pk=user.pk)), f"{words}.")
        notify(Event.SECURITY, texts, now, team=team, page=Notification.Page.TEAM)
    for admin in notified.values():
        _mail(admin, words, now)


def _tell(user: User, words: str, now: datetime) -> None:
    text = f"{words} ({_say_where()}). {_ADVICE}"
    page = Notification.Page.ACCOUNT
    notify(Event.SECURITY, {user.pk: text}, now, team=None, page=page, mood="fail")
    _mail(user, words, now, _ADVICE)


def _mail(person: User, words: str, now: datetime, *advice: str) -> None:
    facts = f"{_say_when(now)}\nWhere: {_say_where()}"
    text = "\n\n".join((f"{words}.", facts, *advice, "Voiceboard\n"))
    write_mail(person, Mail.Kind.SECURITY, subject=words, text=text, now=now)


def _say_when(now: datetime) -> str:
    return f"When: {now.astimezone(UTC):%B %-d, %Y, %H:%M} UTC"


def _say_where() -> str:
    origin = current_origin()
    if not origin.request_number:
        return "on the server"
    return f"{name_browser(origin.user_agent)}, IP address {origin.address or 'unknown'}"


def end_all(*, sessions: list[UserSession]) -> None:
    """Sign out these browsers."""
    keys = [session.session_key for session in sessions]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()


def forget_ended_sessions(now: datetime) -> int:
    """Delete expired sessions, and what was noted of their browsers; return how many expired."""
    count, _ = Session.objects.filter(expire_date__lt=now).delete()
    # A younger one may be about to get the key of a new session.
    noted = UserSession.objects.filter(created_at__lt=now - _SESSION_LIVES)
    noted.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return count
