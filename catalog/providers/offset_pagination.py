"""Pagination for lists where ``skip`` may count either pages or rows."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class OffsetWalk:
    """Walks through a list whose ``skip`` is documented as a page number but named like an offset.

    The second page shows which it is: if it mostly repeats the first page, rows are counted.
    """

    skip: int = 0
    limit: int = 100
    is_over: bool = False
    is_stuck: bool = False
    _counts_rows: bool | None = None
    _position: int = 0
    _first: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def take(self, ids: list[str], total: int | None) -> None:
        """Record the ids of a page ("" for entries without one), and compute the next position.

        ``total`` is the number of all entries, None if unknown.
        """
        known = sum(each in self._seen for each in ids)
        self._seen.update(each for each in ids if each)
        if self.skip == 0:
            self._start(ids)
        else:
            self._go_on(ids, known)
        has_all = total is not None and self._position >= total
        self.is_over = self.is_over or not ids or has_all

    def _start(self, ids: list[str]) -> None:
        self._first = ids
        self._position = len(ids)
        # The server may return less than ``limit``; keeping a larger limit would then leave gaps.
        self.skip, self.limit = 1, max(1, min(self.limit, len(ids)))

    def _go_on(self, ids: list[str], known: int) -> None:
        if ids and ids == self._first:
            # The server ignores the parameter, and half a list is worse than none.
            self.is_stuck = True
        elif self._counts_rows is None and known and known * 2 >= len(ids):
            self._counts_rows = True
            self.skip = self._position
        else:
            self._counts_rows = bool(self._counts_rows)
            self._position += len(ids)
            self.skip = self._position if self._counts_rows else self.skip + 1
            self.is_over = known == len(ids)
