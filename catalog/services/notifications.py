"""Put notices away once they were read; they concern nobody but the person."""

from datetime import datetime

from catalog.models import Notice, User


def read_notice(user: User, *, notice: Notice, now: datetime) -> None:
    """Mark one notice of the person as read."""
    Notice.objects.visible_to(user).unread().filter(pk=notice.pk).update(read_at=now)


def read_all_notices(user: User, *, now: datetime) -> None:
    """Mark everything that the person was told of as read."""
    rows = Notice.objects.visible_to(user).unread()
    Notice.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(read_at=now)
