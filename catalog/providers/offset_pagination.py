"""A way through lists that do not say whether ``skip`` counts pages or rows."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class OffsetWalk:
    """The way through a list whose ``skip`` is called a page number but named like an offset.

    The second page shows which it is: if most of it was on the first page, the rows are counted.
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
        """Note the ids of a page, "" for those without, and find out where to go on.

        ``total`` is how many there are in all, None where that is not told.
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
        # A page may be capped below what was asked for; asking for more would then leave gaps.
        self.skip, self.limit = 1, max(1, min(self.limit, len(ids)))

    def _go_on(self, ids: list[str], known: int) -> None:
        if ids and ids == self._first:
            # It does not understand what it is asked, and half a list is worse than none.
            self.is_stuck = True
        elif self._counts_rows is None and known and known * 2 >= len(ids):
            self._counts_rows = True
            self.skip = self._position
        else:
            self._counts_rows = bool(self._counts_rows)
            self._position += len(ids)
            self.skip = self._position if self._counts_rows else self.skip + 1
            self.is_over = known == len(ids)
