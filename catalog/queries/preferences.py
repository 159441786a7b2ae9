"""A person's habits, the searches they may open, and what is new to them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from catalog.models import Preference, SavedSearch, User, Voice
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.searches.filters import COLUMNS, LAYOUTS, SORTS, USUAL_COLUMNS, VoiceFilter

_MOST_NEWS = 100


@dataclass(frozen=True, slots=True)
class ViewPreferences:
    """How the person sees the list where the address does not say."""

    layout: str
    sort: str
    columns: list[str]
    news_since: datetime


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """The saved search that the list began with, and whether it has been changed since."""

    search: SavedSearch
    is_changed: bool


@dataclass(frozen=True, slots=True)
class WhatsNew:
    """What came, changed and went since a moment; each list is cut off, its count is not."""

    since: datetime
    added: list[Voice]
    changed: list[Voice]
    gone: list[Voice]
    added_count: int
    changed_count: int
    gone_count: int

    @property
    def count(self) -> int:
        """How much there is of all three."""
        return self.added_count + self.changed_count + self.gone_count


def find_habits(user: User) -> ViewPreferences:
    """Return the person's habits; what a later version does not know any more is left out."""
    row = Preference.objects.filter(user=user).first() or Preference()
    chosen = USUAL_COLUMNS if row.columns is None else row.columns
    return ViewPreferences(
        layout=row.layout if row.layout in LAYOUTS else "cards",
        sort=row.sort if row.sort in SORTS else "best",
        columns=[name for name in COLUMNS if name in chosen],
        news_since=row.news_since or user.date_joined,
    )


def find_searches(user: User) -> list[SavedSearch]:
    """Return the person's and the team's saved searches by name."""
    rows = SavedSearch.objects.visible_to(user).kept().select_related("owner", "team")
    return list(rows.order_by(Lower("name"), "pk"))


def find_open_search(searches: list[SavedSearch], wanted: VoiceFilter) -> OpenSearch | None:
    """Return the saved search that the list began with, None where there is none."""
    found = next((search for search in searches if search.pk == wanted.saved), None)
    return OpenSearch(found, found.query != wanted.search_query()) if found else None


def count_news(user: User, since: datetime) -> int:
    """Return how much came, changed and went since then; more than a hundred is not counted."""
    rows = Voice.objects.visible_to(user).shown().filter(changed_at__gt=since)
    return rows.order_by()[: _MOST_NEWS + 1].count()


def find_news(user: User, since: datetime) -> WhatsNew:
    """Return what came, changed and went since then, the latest first."""
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
