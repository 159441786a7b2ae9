"""Sort orders by use, rating, and free slots; voices without a value come last, by name.

Few of a million voices are rated, played, or used, so no index keeps these orders. The ranked
voices are read for each request, and the others follow in the engine's own order.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
from django.db.models import Avg, Count, F, QuerySet
from django.db.models.functions import Coalesce, Greatest
from pyroaring import BitMap

from catalog.models import Rating, Voice, VoiceUsage
from catalog.models.voices.voices import VoiceQuerySet
from catalog.search.engines import Search
from catalog.search.index.engine import IndexEngine
from catalog.search.sql import SqlEngine

# Ties are sorted by name.
_BY_NAME = ("voice__sort_name", "voice")


class RankedSqlEngine(SqlEngine):
    """The SQL engine with these sort orders."""

    def order(self, found: VoiceQuerySet, search: Search, start: int, stop: int) -> list[int]:
        """Return the primary keys from ``start`` up to ``stop`` in the search's order."""
        if search.sort not in RANKINGS:
            return super().order(found, search, start, stop)
        ranked = RANKINGS[search.sort](search.accounts)
        those = ranked.order_by()
        here = set(found.filter(pk__in=those).values_list("pk", flat=True))
        first = [pk for pk in ranked if pk in here]
        left, right = max(0, start - len(first)), max(0, stop - len(first))
        by_name = replace(search, sort="name")
        return first[start:stop] + super().order(found.exclude(pk__in=those), by_name, left, right)


class RankedIndexEngine(IndexEngine):
    """The index engine with these sort orders."""

    def order(self, found: list[BitMap], search: Search, start: int, stop: int) -> list[int]:
        """Return the primary keys from ``start`` up to ``stop`` in the search's order."""
        if search.sort not in RANKINGS:
            return super().order(found, search, start, stop)
        ranked = list(RANKINGS[search.sort](search.accounts))
        keys = np.array(ranked, dtype=np.int64)
        segments = [shard.segment for shard in self._edition.shards]
        those = [
            segment.documents_of(keys) & documents
            for segment, documents in zip(segments, found, strict=True)
        ]
        here = {
            int(segment.pks[document])
            for segment, documents in zip(segments, those, strict=True)
            for document in documents
        }
        first = [pk for pk in ranked if pk in here]
        rest = [documents - those[place] for place, documents in enumerate(found)]
        left, right = max(0, start - len(first)), max(0, stop - len(first))
        by_name = replace(search, sort="name")
        return first[start:stop] + super().order(rest, by_name, left, right)


def _rank_used(accounts: Collection[int]) -> "QuerySet[Any, int]":
    # On SQLite, the greatest of a date and NULL is NULL.
    newest = Coalesce(Greatest("last_at", "provider_used_at"), F("last_at"), F("provider_used_at"))
    rows = VoiceUsage.objects.filter(voice__account__in=accounts).annotate(newest=newest)
    used = rows.exclude(newest=None).order_by("-newest", *_BY_NAME)
    return used.values_list("voice", flat=True)


def _rank_played(accounts: Collection[int]) -> "QuerySet[Any, int]":
    rows = VoiceUsage.objects.filter(voice__account__in=accounts).exclude(played_at=None)
    return rows.order_by("-played_at", *_BY_NAME).values_list("voice", flat=True)


def _rank_rated(accounts: Collection[int]) -> "QuerySet[Any, int]":
    rows = Rating.objects.filter(voice__account__in=accounts).order_by().values("voice")
    scored = rows.annotate(mean=Avg("value"), number=Count("pk"))
    return scored.order_by("-mean", "-number", *_BY_NAME).values_list("voice", flat=True)


def _rank_by_slots(accounts: Collection[int]) -> "QuerySet[Any, int]":
    """Return the voices that take a slot, those in the fullest accounts first."""
    own = Voice.objects.filter(account__in=accounts, is_owned=True, kind__in=Voice.OWN_KINDS)
    left = F("account__slots_limit") - Coalesce("account__slots_used", 0)
    limited = own.exclude(account__slots_limit=None).annotate(free_slots=left)
    return limited.order_by("free_slots", "sort_name", "pk").values_list("pk", flat=True)


RANKINGS: dict[str, Callable[[Collection[int]], "QuerySet[Any, int]"]] = {
    "used": _rank_used,
    "played": _rank_played,
    "rating": _rank_rated,
    "slots": _rank_by_slots,
}
