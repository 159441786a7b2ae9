"""Mark notifications as read; this is private, so nothing goes into the audit log."""

from datetime import datetime

from catalog.models import Notification, User


def read_notice(user: User, *, notice: Notification, now: datetime) -> None:
    """Mark one of the user's notifications as read."""
    Notification.objects.visible_to(user).unread().filter(pk=notice.pk).update(read_at=now)


def read_all_notices(user: User, *, now: datetime) -> None:
    """Mark all of the user's notifications as read."""
    rows = Notification.objects.visible_to(user).unread()
    Notification.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(read_at=now)
