"""Email people their notifications: at once, or once a day."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from catalog.core.locales import say_stored
from catalog.jobs.mail import write_mail
from catalog.models import Mail, Membership, Notification, User

Delivery = Notification.Delivery

_BETWEEN_MAILS = timedelta(hours=1)
# What nobody could be told of for so long isn't news anymore.
_MAILED_WITHIN = timedelta(days=1)


def mail_urgent(now: datetime) -> None:
    """Email people what can't wait and they haven't read, in at most one email an hour each."""
    if not settings.SENDS_MAIL:
        return
    recent = Mail.objects.filter(kind=Mail.Kind.ATTENTION, created_at__gt=now - _BETWEEN_MAILS)
    memberships = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("user"))
    waiting = Notification.objects.unread().filter(
        Exists(memberships),
        mail=Delivery.NOW,
        made_at__gt=now - _MAILED_WITHIN,
        user__is_active=True,
    )
    due = waiting.exclude(user__in=recent.values("user")).exclude(
        user__preference__wants_mail=False
    )
    found: dict[User, list[Notification]] = defaultdict(list)
    for notice in due.select_related("user").order_by("made_at", "pk"):
        found[notice.user].append(notice)
    for person, notices in found.items():
        _mail_notices(person, notices, now)


@transaction.atomic
def _mail_notices(person: User, notices: list[Notification], now: datetime) -> None:
    rows = Notification.objects.filter(pk__in=[notice.pk for notice in notices], mail=Delivery.NOW)
    if not rows.update(mail=Delivery.OFF):
        return  # another schedule was faster
    # The server is one for all teams, so its admins may have the same words from each.
    texts = dict.fromkeys(say_stored(notice.text) for notice in notices)
    subject = "Something in Voiceboard needs your attention"
    if len(texts) > 1:
        subject = f"{len(texts)} things in Voiceboard need your attention"
    listed = "\n\n".join(texts)
    ways = "Open Notifications in Voiceboard to act. To turn off these emails, open Account."
    text = f"{listed}\n\n{ways}\n\nVoiceboard\n"
    write_mail(person, Mail.Kind.ATTENTION, subject=subject, text=text, now=now)
