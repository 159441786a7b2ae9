"""The indexes held by this process, each brought up to date before it answers.

A scope is a set of teams, with one index each. A request compares the index's versions with the
database's and applies the rows that changed since. It thus sees everything committed before it
started, in every process. Without an index, or if it is too old to catch up during a request, SQL
answers.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from django.conf import settings

from catalog.models import CatalogVersion, ProviderAccount, Voice
from catalog.search.index.rows import IndexRow, read_rows
from catalog.search.index.snapshots import read_mark, read_snapshot
from catalog.search.index.versions import MOST_CHANGED, IndexVersion, Shard


@dataclass(slots=True)
class _Entry:
    edition: IndexVersion
    mark: str
    size: int


class IndexCache:
    """Indexes by scope, the most recently used last."""

    def __init__(self) -> None:
        self._entries: OrderedDict[frozenset[int], _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def find_index_version(
        self, teams: frozenset[int], versions: dict[int, int] | None = None
    ) -> IndexVersion | None:
        """Return the current index of the teams, None if SQL has to answer.

        Pass ``versions`` if the request has already read them.
        """
        entry = self._entries.get(teams)
        edition = entry.edition if entry else None
        if edition is not None and edition.versions == (versions or read_versions(teams)):
            return edition
        with self._lock:
            # Read the versions again: another thread may have applied newer changes.
            return self._refresh(teams, read_versions(teams))

    def forget(self) -> None:
        """Drop all indexes."""
        self._entries.clear()

    def _refresh(self, teams: frozenset[int], versions: dict[int, int]) -> IndexVersion | None:
        entry = self._entries.get(teams) or self._load(teams, None)
        if entry is not None and (entry.edition.needs_rebuild or not _is_near(entry, versions)):
            entry = self._load(teams, entry.mark) or entry
        if entry is None or not _is_near(entry, versions):
            return None
        if entry.edition.versions != versions:
            changed = _read_changes(entry.edition.versions, versions)
            entry.edition = entry.edition.with_changes(changed, versions)
        self._entries.move_to_end(teams)
        return entry.edition

    def _load(self, teams: frozenset[int], known: str | None) -> _Entry | None:
        """Load the snapshot if it differs from the known one."""
        if read_mark(teams) == known or (snapshot := read_snapshot(teams)) is None:
            return None
        edition = IndexVersion([Shard(snapshot.segment)], snapshot.versions)
        size = sum(part.nbytes for part in snapshot.segment.parts().values())
        entry = self._entries[teams] = _Entry(edition, snapshot.mark, size)
        self._make_room(teams)
        return entry

    def _make_room(self, newest: frozenset[int]) -> None:
        while sum(each.size for each in self._entries.values()) > settings.INDEX_MAX_BYTES:
            oldest = next(iter(self._entries))
            if oldest == newest and len(self._entries) == 1:
                return
            del self._entries[oldest]


INDEX_CACHE = IndexCache()


def read_versions(teams: frozenset[int]) -> dict[int, int]:
    """Return the number of the last change to each team's voices."""
    rows = CatalogVersion.objects.filter(team__in=sorted(teams))
    return dict(rows.values_list("team", "number"))


def _is_near(entry: _Entry, versions: dict[int, int]) -> bool:
    """Return whether so few rows changed that a request can apply them."""
    old = entry.edition.versions
    count = 0
    for team in versions.keys() | old.keys():
        if versions.get(team, 0) < old.get(team, 0):
            return False  # the database was restored from an older backup
        if versions.get(team, 0) > old.get(team, 0):
            rows = Voice.objects.filter(account__team=team, version__gt=old.get(team, 0))
            count += rows.order_by()[: MOST_CHANGED + 1].count()
    return count <= MOST_CHANGED


def _read_changes(old: dict[int, int], new: dict[int, int]) -> list[IndexRow]:
    changed: list[IndexRow] = []
    for team, number in sorted(new.items()):
        if number != old.get(team, 0):
            accounts = ProviderAccount.objects.filter(team=team).values_list("pk", flat=True)
            changed += read_rows(list(accounts), newer_than=old.get(team, 0))
    return changed
