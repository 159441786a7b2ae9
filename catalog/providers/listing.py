"""Walk through a list that moves meanwhile: every voice once, and none lost without notice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


def demand_ids(
    entries: Iterable[Any], read_id: Callable[[Any], str], unclear: Callable[..., Exception]
) -> None:
    """Raise unless each entry has its id: one without might be the very one looked for."""
    if not all(map(read_id, entries)):
        raise unclear("lists a voice without its id", repeatable=True)


@dataclass(slots=True)
class Walk:
    """What one listing has brought so far; ``read_id`` returns an entry's id, "" if unusable."""

    read_id: Callable[[Any], str]
    _seen: set[str] = field(default_factory=set)
    _nameless: int = 0

    def take(self, entries: Iterable[Any]) -> Iterator[dict[str, Any]]:
        """Yield the entries that have an id and did not come by before."""
        for entry in entries:
            remote_id = self.read_id(entry)
            if not remote_id:
                self._nameless += 1
            elif remote_id not in self._seen:
                self._seen.add(remote_id)
                yield entry

    @property
    def count(self) -> int:
        """How many entries there were, each counted once."""
        return len(self._seen) + self._nameless

    def lacks_some(self, total: Any) -> bool:
        """Tell whether the provider says that there are more than came by."""
        is_told = isinstance(total, int) and not isinstance(total, bool)
        return is_told and self.count < total
