"""Warn admins when the last backup is too old."""

from datetime import datetime, timedelta

from catalog.jobs.notifications.send import notify_admins
from catalog.models import Installation, Notification, Team
from catalog.models.installation import BACKUP_LASTS

_BETWEEN_WARNINGS = timedelta(days=1)
_WORDS = "The last backup of this server is more than a day old. Ask its operator to check."


def warn_of_old_backup(now: datetime) -> None:
    """Notify the admins of all teams once a day; not before there is a first backup."""
    made_at = Installation.objects.values_list("backed_up_at", flat=True).first()
    if made_at is None or now - made_at <= BACKUP_LASTS:
        return
    page = Notification.Page.HEALTH
    warned = Notification.objects.filter(page=page, made_at__gt=now - _BETWEEN_WARNINGS)
    for team in Team.objects.exclude(pk__in=warned.values("team")).order_by("pk"):
        notify_admins(Notification.Event.SERVER, team, _WORDS, now, page=page)
