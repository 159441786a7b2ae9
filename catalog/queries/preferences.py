"""A user's list settings, their saved searches, and what is new to them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from catalog.models import Preference, SavedSearch, User, Voice
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.searches.filters import COLUMNS, LAYOUTS, SORTS, USUAL_COLUMNS, VoiceFilter

_MOST_NEWS = 100


@dataclass(frozen=True, slots=True)
class ViewPreferences:
    """How the list is shown unless the URL says otherwise."""

    layout: str
    sort: str
    columns: list[str]
    news_since: datetime


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """The saved search that the list started from, and whether it was changed since."""

    search: SavedSearch
    is_changed: bool


@dataclass(frozen=True, slots=True)
class WhatsNew:
    """Voices added, changed, and removed since a time; lists are cut off, counts are not."""

    since: datetime
    added: list[Voice]
    changed: list[Voice]
    gone: list[Voice]
    added_count: int
    changed_count: int
    gone_count: int

    @property
    def count(self) -> int:
        """The total of all three."""
        return self.added_count + self.changed_count + self.gone_count


def find_habits(user: User) -> ViewPreferences:
    """Return the user's settings, ignoring values that no longer exist."""
    row = Preference.objects.filter(user=user).first() or Preference()
    chosen = USUAL_COLUMNS if row.columns is None else row.columns
    return ViewPreferences(
        layout=row.layout if row.layout in LAYOUTS else "cards",
        sort=row.sort if row.sort in SORTS else "best",
        columns=[name for name in COLUMNS if name in chosen],
        news_since=row.news_since or user.date_joined,
    )


def find_searches(user: User) -> list[SavedSearch]:
    """Return the user's and the team's saved searches by name."""
    rows = SavedSearch.objects.visible_to(user).kept().select_related("owner", "team")
    return list(rows.order_by(Lower("name"), "pk"))


def find_open_search(searches: list[SavedSearch], wanted: VoiceFilter) -> OpenSearch | None:
    """Return the saved search that the list started from, or None."""
    found = next((search for search in searches if search.pk == wanted.saved), None)
    return OpenSearch(found, found.query != wanted.search_query()) if found else None


def count_news(user: User, since: datetime) -> int:
    """Return how many voices were added, changed, or removed since then, at most 101."""
    rows = Voice.objects.visible_to(user).shown().filter(changed_at__gt=since)
    return rows.order_by()[: _MOST_NEWS + 1].count()


def find_news(user: User, since: datetime) -> WhatsNew:
    """Return the voices added, changed, and removed since then, latest first."""
    rows = Voice.objects.visible_to(user).shown().filter(changed_at__gt=since)
    added = rows.present().filter(added_at__gt=since)
    changed = rows.present().filter(added_at__lte=since)
    gone = rows.filter(remote_deleted_at__gt=since, added_at__lte=since)
    return WhatsNew(
        since=since,
        added=_latest(added),
        changed=_latest(changed),
        gone=_latest(gone),
        added_count=added.count(),
        changed_count=changed.count(),
        gone_count=gone.count(),
    )


def _latest(rows: VoiceQuerySet) -> list[Voice]:
    ordered = rows.select_related("account", "clip").prefetch_related("labels")
    return list(ordered.order_by("-changed_at", "sort_name", "pk")[:_MOST_NEWS])
