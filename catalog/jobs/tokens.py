"""API tokens: notify people whose tokens end soon, and forget old answers."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from catalog.core.locales import say_day, storing
from catalog.jobs.notifications.send import notify
from catalog.models import ApiAnswer, ApiToken, Membership, Notification

ANNOUNCED_BEFORE = timedelta(days=14)
_MOST_AT_ONCE = 200
_ANSWERS_KEPT = timedelta(days=1)


@storing()
def announce_ends(now: datetime) -> None:
    """Notify once of each token that ends within two weeks, unless it was made for less."""
    members = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("user"))
    ending = ApiToken.objects.unended(now).filter(
        Exists(members), end_announced_at=None, expires_at__lte=now + ANNOUNCED_BEFORE
    )
    is_long = Q(renewed_at=None, expires_at__gt=F("made_at") + ANNOUNCED_BEFORE)
    is_long |= Q(expires_at__gt=F("renewed_at") + ANNOUNCED_BEFORE)
    rows = ending.filter(is_long).select_related("team", "user").order_by("expires_at", "pk")
    for token in rows[:_MOST_AT_ONCE]:
        _announce(token, now)


@transaction.atomic
def _announce(token: ApiToken, now: datetime) -> None:
    rows = ApiToken.objects.filter(pk=token.pk, end_announced_at=None)
    if not rows.update(end_announced_at=now):
        return
    words = (
        f"The API token {token.name} expires on {say_day(token.expires_at)}. Renew it before, or"
        " the programs that use it stop working."
    )
    page = Notification.Page.TOKENS
    notify(Notification.Event.TOKEN, {token.user_id: words}, now, team=token.team, page=page)


def forget_answers(now: datetime) -> int:
    """Delete answers that are too old to be asked for again; return how many."""
    return ApiAnswer.objects.filter(claimed_at__lt=now - _ANSWERS_KEPT).delete()[0]
