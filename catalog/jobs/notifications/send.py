"""Send notifications: every one goes through ``notify``, which asks what each person chose."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.conf import settings

from catalog.models import (
    CleanupPlan,
    CloneJob,
    Membership,
    Notification,
    NotificationChoice,
    Team,
    User,
)
from catalog.models.notifications import ALWAYS_SHOWN, DEFAULT_MAIL

Event = Notification.Event
Delivery = Notification.Delivery

_KEPT = timedelta(days=60)


class Look(TypedDict, total=False):
    """What a notification links to, and how it looks."""

    # One of Notification.Page, and the id of what that page shows, if it shows one thing.
    page: str
    about: str
    # "done", "fail", or "off".
    mood: str
    job: CloneJob
    plan: CleanupPlan


def notify(
    event: Event,
    texts: Mapping[int, str],
    now: datetime,
    *,
    team: Team | None,
    **look: Unpack[Look],
) -> None:
    """Notify people of one event, in the caller's transaction, as each of them chose.

    ``texts`` maps the id of each person to what they read; write days and numbers in it within
    ``storing``. Who may know of it is the caller's question.
    """
    choices = {
        choice.user_id: choice
        for choice in NotificationChoice.objects.filter(user__in=list(texts), event=event)
    }
    rows = []
    for person, text in sorted(texts.items()):
        choice = choices.get(person)
        is_shown = choice is None or choice.is_shown or event in ALWAYS_SHOWN
        mail = choice.mail if choice else DEFAULT_MAIL[event]
        if not is_shown and (mail == Delivery.OFF or not settings.SENDS_MAIL):
            continue
        rows.append(
            Notification(
                team=team,
                user_id=person,
                event=event,
                text=text.strip()[:500],
                made_at=now,
                is_shown=is_shown,
                mail=mail,
                **({"mood": "off"} | look),
            )
        )
    Notification.objects.bulk_create(rows, batch_size=500)


def notify_admins(
    event: Event,
    team: Team,
    text: str,
    now: datetime,
    *,
    besides: Collection[int] = (),
    **look: Unpack[Look],
) -> None:
    """Notify the team's admins, except those who know already; once until they have read it."""
    known = Notification.objects.unread().filter(team=team, text=text[:500]).values("user")
    admins = User.objects.filter(pk__in=Membership.objects.admins(team)).exclude(pk__in=known)
    people = admins.exclude(pk__in=besides).values_list("pk", flat=True)
    notify(event, dict.fromkeys(people, text), now, team=team, **look)


def forget_old_notices(now: datetime) -> int:
    """Delete notifications older than 60 days; return how many."""
    return Notification.objects.filter(made_at__lt=now - _KEPT).delete()[0]
