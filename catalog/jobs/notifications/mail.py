"""Email people their notifications, unless they read them first: at once, or once a day."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from urllib.parse import urljoin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from catalog.core.locales import USUAL, reading_in, say_stored
from catalog.jobs.mail import write_mail
from catalog.models import Mail, Membership, Notification, User
from catalog.queries.cleanups.keep_links import make_keep_token

Delivery = Notification.Delivery

# What happens in bursts comes in one email.
_BETWEEN_MAILS = timedelta(minutes=15)
# What nobody could be told of for so long isn't news anymore.
_MAILED_WITHIN = {Delivery.NOW: timedelta(days=1), Delivery.DAILY: timedelta(days=3)}
_DIGEST_AT = time(8)
_MOST_LISTED = 50


def mail_urgent(now: datetime) -> None:
    """Email people what can't wait, in at most one email in 15 minutes each."""
    if not settings.SENDS_MAIL:
        return
    recent = Mail.objects.filter(kind=Mail.Kind.ATTENTION, created_at__gt=now - _BETWEEN_MAILS)
    due = _find_waiting(Delivery.NOW, now).exclude(user__in=recent.values("user"))
    for person, notices in _group(due).items():
        _mail_notices(person, notices, Mail.Kind.ATTENTION, now)


def mail_digests(now: datetime) -> None:
    """Email people what they want once a day, after 8 in the morning where they are."""
    if not settings.SENDS_MAIL:
        return
    for person, notices in _group(_find_waiting(Delivery.DAILY, now)).items():
        since = _find_last_morning(_find_zone(person), now)
        # What came later is for tomorrow.
        due = [notice for notice in notices if notice.made_at < since]
        sent = Mail.objects.filter(user=person, kind=Mail.Kind.DIGEST, created_at__gte=since)
        if due and not sent.exists():
            _mail_notices(person, due, Mail.Kind.DIGEST, now)


def _find_waiting(mail: Notification.Delivery, now: datetime) -> "QuerySet[Notification]":
    memberships = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("user"))
    within = _MAILED_WITHIN[mail]
    return Notification.objects.unread().filter(
        Exists(memberships), mail=mail, made_at__gt=now - within, user__is_active=True
    )


def _group(rows: "QuerySet[Notification]") -> dict[User, list[Notification]]:
    found: dict[User, list[Notification]] = defaultdict(list)
    for notice in rows.select_related("user__preference", "plan").order_by("made_at", "pk"):
        found[notice.user].append(notice)
    return found


def _find_zone(person: User) -> ZoneInfo:
    preference = getattr(person, "preference", None)
    try:
        return ZoneInfo((preference and preference.time_zone) or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _find_last_morning(zone: ZoneInfo, now: datetime) -> datetime:
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), _DIGEST_AT, zone)
    if today <= now:
        return today
    return datetime.combine(local.date() - timedelta(days=1), _DIGEST_AT, zone)


@transaction.atomic
def _mail_notices(
    person: User, notices: list[Notification], kind: Mail.Kind, now: datetime
) -> None:
    rows = Notification.objects.filter(pk__in=[notice.pk for notice in notices])
    if not rows.exclude(mail=Delivery.OFF).update(mail=Delivery.OFF):
        return  # another schedule was faster
    # Nobody reads these anywhere else.
    rows.filter(is_shown=False).update(read_at=now)
    with reading_in(USUAL, _find_zone(person)):
        # The server is one for all teams, so its admins may have the same words from each.
        texts = list(dict.fromkeys(_write(notice) for notice in notices))
    listed = texts[:_MOST_LISTED]
    if len(texts) > _MOST_LISTED:
        listed.append(f"And {len(texts) - _MOST_LISTED} more.")
    listed += [_say_where_to_act(), "Voiceboard\n"]
    subject = _say_subject(kind, len(texts))
    write_mail(person, kind, subject=subject, text="\n\n".join(listed), now=now)


def _say_subject(kind: Mail.Kind, count: int) -> str:
    if kind == Mail.Kind.DIGEST:
        return (
            f"Voiceboard: {count} new notifications" if count > 1 else "Voiceboard: a notification"
        )
    if count == 1:
        return "Something in Voiceboard needs your attention"
    return f"{count} things in Voiceboard need your attention"


def _write(notice: Notification) -> str:
    text = say_stored(notice.text)
    if notice.plan is None or not settings.SITE:
        return text
    address = _link("catalog:plan-keep", make_keep_token(notice.plan, notice.user))
    return f"{text}\nKeep: {address}"


def _say_where_to_act() -> str:
    if not settings.SITE:
        return (
            "Open Notifications in Voiceboard to act. To choose which emails you get, open its"
            " Settings."
        )
    return (
        f"Notifications: {_link('catalog:notification-list')}\n"
        f"Choose which emails you get: {_link('catalog:notification-settings')}"
    )


def _link(name: str, *args: object) -> str:
    return urljoin(settings.SITE, reverse(name, args=args))
