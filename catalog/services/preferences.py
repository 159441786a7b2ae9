"""Remember how a person likes the list, and when they last looked."""

from datetime import datetime, timedelta

from django.db import transaction

from catalog.models import Preference, User

# Who comes back after so long has been away.
_VISIT_GAP = timedelta(minutes=30)


@transaction.atomic
def remember_view(
    user: User,
    *,
    layout: str | None = None,
    sort: str | None = None,
    columns: list[str] | None = None,
) -> None:
    """Keep what is given as the person's usual view; None leaves a habit as it is."""
    wanted = {"layout": layout, "sort": sort, "columns": columns}
    changes = {name: value for name, value in wanted.items() if value is not None}
    Preference.objects.update_or_create(user=user, defaults=changes)


@transaction.atomic
def note_visit(user: User, *, now: datetime) -> None:
    """Note that the person looks; after a while away, what came meanwhile is news."""
    habits, _ = Preference.objects.select_for_update().get_or_create(user=user)
    last = habits.seen_at
    if last is None:
        habits.news_since = now
    elif now - last >= _VISIT_GAP:
        habits.news_since = last
    habits.seen_at = now
    habits.save(update_fields=["news_since", "seen_at"])


@transaction.atomic
def clear_news(user: User, *, until: datetime) -> None:
    """Call everything up to that moment seen."""
    Preference.objects.update_or_create(user=user, defaults={"news_since": until})
