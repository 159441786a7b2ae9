"""A user's notifications."""

from dataclasses import dataclass

from catalog.models import Notification, NotificationChoice, Preference, User
from catalog.models.notifications import ALWAYS_SHOWN, DEFAULT_MAIL

_SHOWN_NOTICES = 100
_MOST_TOASTS = 3


@dataclass(frozen=True, slots=True)
class UnreadNotifications:
    """The unread count, the newest id, the ones after a given id, and whether jobs are running."""

    unread_count: int
    last: int
    fresh: list[Notification]
    is_waiting: bool


def look_at_bell(user: User, after: int | None = None) -> UnreadNotifications:
    """Return what the bell shows; ``after`` is the newest notification that the page has."""
    rows = Notification.objects.visible_to(user)
    newest = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    fresh: list[Notification] = []
    if after is not None and newest > after:
        fresh = list(rows.filter(pk__gt=after).order_by("-pk")[:_MOST_TOASTS])[::-1]
    waiting = user.clone_jobs.active().exists()
    return UnreadNotifications(rows.unread().count(), newest, fresh, waiting)


def find_notices(user: User) -> list[Notification]:
    """Return the user's newest notifications."""
    rows = Notification.objects.visible_to(user).select_related("job__account", "job__voice")
    return list(rows.order_by("-pk")[:_SHOWN_NOTICES])


def find_choices(user: User) -> dict[str, tuple[bool, str]]:
    """Return for each event that can be chosen whether it is shown in the app, and how emailed."""
    usual = {
        event.value: (True, DEFAULT_MAIL[event].value)
        for event in Notification.Event
        if event not in ALWAYS_SHOWN
    }
    stored = NotificationChoice.objects.filter(user=user, event__in=list(usual))
    return usual | {row.event: (row.is_shown, row.mail) for row in stored}


def find_mail_zone(user: User) -> str:
    """Return the time zone in which the user gets daily emails, such as "Europe/Berlin"."""
    rows = Preference.objects.filter(user=user).values_list("time_zone", flat=True)
    return rows.first() or "UTC"
