"""Remember a user's list settings and when they last visited."""

from datetime import datetime, timedelta

from django.db import transaction

from catalog.models import Preference, User
from catalog.models.voices.versions import raise_own_version

# A gap this long starts a new visit.
_VISIT_GAP = timedelta(minutes=30)


@transaction.atomic
def remember_view(
    user: User,
    *,
    layout: str | None = None,
    sort: str | None = None,
    columns: list[str] | None = None,
) -> None:
    """Store the given settings as the user's default view; None leaves one unchanged."""
    wanted = {"layout": layout, "sort": sort, "columns": columns}
    changes = {name: value for name, value in wanted.items() if value is not None}
    Preference.objects.update_or_create(user=user, defaults=changes)
    raise_own_version(user.pk)


@transaction.atomic
def note_visit(user: User, *, now: datetime, zone: str = "") -> None:
    """Record a visit; after a gap, everything since the previous visit counts as new.

    ``zone`` is the browser's time zone, "" if unknown.
    """
    habits, _ = Preference.objects.select_for_update(no_key=True).get_or_create(user=user)
    last, habits.seen_at = habits.seen_at, now
    habits.time_zone = zone or habits.time_zone
    if last is not None and now - last < _VISIT_GAP:
        habits.save(update_fields=["seen_at", "time_zone"])
        return
    habits.news_since = last or now
    habits.save(update_fields=["news_since", "seen_at", "time_zone"])
    raise_own_version(user.pk)


@transaction.atomic
def clear_news(user: User, *, until: datetime) -> None:
    """Mark everything up to that time as seen."""
    Preference.objects.update_or_create(user=user, defaults={"news_since": until})
    raise_own_version(user.pk)


@transaction.atomic
def dismiss_start(user: User) -> None:
    """Take the page of first steps out of the user's navigation."""
    Preference.objects.update_or_create(user=user, defaults={"has_dismissed_start": True})
    raise_own_version(user.pk)
