"""What people do with their notifications; this is private, so nothing goes into the audit log."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from catalog.models import Notification, NotificationChoice, User
from catalog.models.notifications import DEFAULT_MAIL

Delivery = Notification.Delivery


def read_notice(user: User, *, notice: Notification, now: datetime) -> None:
    """Mark one of the user's notifications as read."""
    Notification.objects.visible_to(user).unread().filter(pk=notice.pk).update(read_at=now)


def read_all_notices(user: User, *, now: datetime) -> None:
    """Mark all of the user's notifications as read."""
    rows = Notification.objects.visible_to(user).unread()
    Notification.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(read_at=now)


@transaction.atomic
def choose_notifications(user: User, *, choices: Mapping[str, tuple[bool, str]]) -> None:
    """Store how the user wants to hear of events: in the app, and how by email.

    What waits to be emailed follows the new choice. Usual choices aren't stored, so they change
    with ours.
    """
    own = NotificationChoice.objects.filter(user=user, event__in=list(choices))
    own.delete()
    NotificationChoice.objects.bulk_create(
        NotificationChoice(user=user, event=event, is_shown=is_shown, mail=mail)
        for event, (is_shown, mail) in choices.items()
        if (is_shown, mail) != (True, DEFAULT_MAIL[Notification.Event(event)])
    )
    waiting = Notification.objects.unread().filter(user=user).exclude(mail=Delivery.OFF)
    for event, (_, mail) in choices.items():
        waiting.filter(event=event).exclude(mail=mail).update(mail=mail)
