"""The index at one version: a large segment, and small ones for later changes."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from pyroaring import BitMap

from catalog.models import User
from catalog.search.engines import Search
from catalog.search.index.arrays import Numbers
from catalog.search.index.rows import IndexRow
from catalog.search.index.segments import Segment, build_segment
from catalog.search.index.twins import Twins
from catalog.search.user_facets import mark_rows

# A shard is merged into the previous one unless that is at least this many times larger.
_GROWTH = 4
# With more changed rows, a new snapshot is due.
MOST_CHANGED = 5000
_MOST_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Shard:
    """A segment, its documents superseded by a newer shard, and the rows of a small segment."""

    segment: Segment
    dead: BitMap = field(default_factory=BitMap)
    rows: Mapping[int, IndexRow] = field(default_factory=dict)


class IndexVersion:
    """An immutable index; changes result in a new IndexVersion."""

    def __init__(self, shards: Iterable[Shard], versions: Mapping[int, int]) -> None:
        self.shards = tuple(shards)
        self.versions = dict(versions)
        self._bases: dict[tuple[frozenset[int], frozenset[int], bool], list[BitMap]] = {}
        self._shown: dict[tuple[frozenset[int], frozenset[int], bool], list[BitMap]] = {}
        self._counts: dict[tuple[int, str], dict[str, int]] = {}
        self._marks: dict[tuple[int, int, str], dict[str, list[BitMap]]] = {}
        self._first: dict[object, list[int]] = {}

    @property
    def needs_rebuild(self) -> bool:
        """Return whether so much changed that loading a new snapshot would be faster."""
        return sum(len(shard.rows) for shard in self.shards) > MOST_CHANGED

    def listed_in(
        self, accounts: frozenset[int], hidden: frozenset[int], *, is_archived: bool
    ) -> list[BitMap]:
        """Return the accounts' documents in the list, without those of the ``hidden`` key sets.

        Don't modify the result.
        """
        key = (accounts, hidden, is_archived)
        if key not in self._bases:
            value = "yes" if is_archived else "no"
            self._bases[key] = [
                (BitMap.union(BitMap(), *_of_accounts(shard.segment, accounts)))
                & shard.segment.having("archived", value)
                - shard.dead
                - _of_key_sets(shard.segment, hidden)
                for shard in self.shards
            ]
        return self._bases[key]

    def shown_in(
        self, accounts: frozenset[int], hidden: frozenset[int], *, is_archived: bool
    ) -> list[BitMap]:
        """Return the same with only the first of each voice that several accounts list."""
        key = (accounts, hidden, is_archived)
        if key not in self._shown:
            listed = self.listed_in(accounts, hidden, is_archived=is_archived)
            self._shown[key] = self.twins.drop_later(listed)
        return self._shown[key]

    @cached_property
    def twins(self) -> Twins:
        """The voices that several accounts list."""
        return Twins([shard.segment for shard in self.shards])

    def remembered_counts(self, listed: list[BitMap], facet: str) -> dict[str, int]:
        """Count the documents of a whole list per value of the facet, cached.

        The list is of ``listed_in`` or ``shown_in``, which keep it.
        """
        key = (id(listed), facet)
        if key not in self._counts:
            self._counts[key] = self.count_values(listed, facet)
        return self._counts[key]

    def count_values(self, found: list[BitMap], facet: str) -> dict[str, int]:
        """Count the documents per value of the facet, without values that none has."""
        pairs = zip(self.shards, found, strict=True)
        counts, *others = [
            shard.segment.count_values(facet, documents) for shard, documents in pairs if documents
        ] or [{}]
        for more in others:
            for value, count in more.items():
                counts[value] = counts.get(value, 0) + count
        return counts

    def marked_by(self, user: User, own_version: int, facet: str) -> dict[str, list[BitMap]]:
        """Return the documents of each value of a user facet, such as stars or tags."""
        key = (user.pk, own_version, facet)
        if key not in self._marks:
            if len(self._marks) >= _MOST_REMEMBERED:
                self._marks.pop(next(iter(self._marks), key), None)
            self._marks[key] = self._read_marks(user, facet)
        return self._marks[key]

    def remember_first(self, search: Search, list_first: Callable[[], list[int]]) -> list[int]:
        """Return the first primary keys in the search's suggested order, cached."""
        # Filters by stars and the like are of the user at this version.
        chosen = tuple(sorted(search.chosen.items()))
        of_user = (search.user.pk, search.own_version, search.front)
        key = (search.accounts, search.hidden, search.is_archived, search.node, chosen, of_user)
        first = self._first.get(key)
        if first is None:
            first = list_first()
            if len(self._first) >= _MOST_REMEMBERED:
                self._first.pop(next(iter(self._first)), None)
            self._first[key] = first
        return first

    def _read_marks(self, user: User, facet: str) -> dict[str, list[BitMap]]:
        voices: dict[str, list[int]] = {}
        for mark, voice in mark_rows(user, facet).order_by().values_list("mark", "voice"):
            voices.setdefault(mark, []).append(voice)
        return {
            mark: [shard.segment.documents_of(_as_keys(pks)) - shard.dead for shard in self.shards]
            for mark, pks in voices.items()
        }

    def with_changes(
        self, rows: Collection[IndexRow], versions: Mapping[int, int]
    ) -> "IndexVersion":
        """Return a version in which these rows replace their older ones."""
        if not rows:
            same = IndexVersion(self.shards, versions)
            # The voices are the same; only what people laid over them may be another.
            same._bases, same._shown, same._counts = self._bases, self._shown, self._counts
            same.twins = self.twins
            return same
        changed = _as_keys([row.pk for row in rows])
        old = [
            Shard(shard.segment, shard.dead | shard.segment.documents_of(changed), shard.rows)
            for shard in self.shards
        ]
        listed = {row.pk: row for row in rows if row.is_listed}
        return IndexVersion(_with_newest(old, listed), versions)


def _of_accounts(segment: Segment, accounts: frozenset[int]) -> list[BitMap]:
    return [segment.having("account", str(account)) for account in accounts]


def _of_key_sets(segment: Segment, key_sets: frozenset[int]) -> BitMap:
    return BitMap.union(BitMap(), *(segment.having("key_set", str(each)) for each in key_sets))


def _as_keys(pks: list[int]) -> Numbers:
    return np.array(pks, dtype=np.int64)


def _with_newest(shards: list[Shard], rows: dict[int, IndexRow]) -> list[Shard]:
    """Return the shards with a new one for these rows, merged with shards of a similar size.

    This keeps the number of shards small, with each built only once.
    """
    while len(shards) > 1 and len(rows) * _GROWTH >= len(shards[-1].rows):
        *shards, older = shards
        dead = {int(older.segment.pks[document]) for document in older.dead}
        rows = {pk: row for pk, row in older.rows.items() if pk not in dead} | rows
    ordered = sorted(rows.values(), key=lambda row: (row.name.encode(), row.pk))
    return [*shards, Shard(build_segment(ordered), rows=rows)]
