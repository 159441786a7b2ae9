"""Walk through a list that moves meanwhile: every voice once, and none lost without notice."""

import functools
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import xxhash

from catalog.providers.types import RemoteVoice


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice in a list, which is read only when it is asked for: most are as they were.

    ``source`` is what the provider sent, or None where that was not kept.
    """

    remote_id: str
    source: Any = field(repr=False)
    reader: Callable[[Any], RemoteVoice]

    @classmethod
    def of(cls, voice: RemoteVoice) -> "ListedVoice":
        """Return the entry of a voice that has been read already."""
        return cls(voice.remote_id, None, lambda _: voice)

    def read(self) -> RemoteVoice:
        """Return the voice in our words."""
        return self.reader(self.source)

    def mark(self, seed: int) -> str:
        """Return a mark of what the provider sent, "" where that was not kept.

        While it stays the same for a seed of ``mark_seed``, reading would bring nothing new. Who
        sends the voices could send others under the same mark, and would only mislead themselves.
        """
        try:
            content = orjson.dumps(self.source) if self.source else b""
        except TypeError:  # nested deeper than it can write, half a character, a huge number
            content = b""
        return xxhash.xxh3_128_hexdigest(content, seed) if content else ""


def mark_seed(*depends: str) -> int:
    """Return the seed of marks for voices that are read by this code and depend on these words."""
    digest = hashlib.blake2b("\x1f".join((_reading_code(), *depends)).encode(), digest_size=8)
    return int.from_bytes(digest.digest())


@functools.cache
def _reading_code() -> str:
    # So that all voices are read anew when the code that reads them changes.
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ListGap:
    """A part of a listing that could not be fetched; ``is_owned`` says which voices are in it."""

    message: str
    is_owned: bool = False


# An answer with one of these tells of something else than an empty list.
_SIGNS_OF_FAILURE = frozenset(
    {"code", "detail", "details", "error", "errors", "exception", "fault"}
    | {"message", "msg", "reason", "status", "title"}
)
_SIGNS_OF_SUCCESS: tuple[Any, ...] = ("ok", "success", 200)


def list_in(page: Mapping[str, Any], name: str, known: Collection[str] = ()) -> list[Any] | None:
    """Return the list of that name in an answer, None where the answer is no such list.

    A list that is null or left out is an empty one, as JSON of protocol buffers and of Go has it,
    where the answer looks like one with a list: it has the name, another field that is ``known``
    to go with the list, or nothing at all. Where it may tell of a failure it is never taken for
    an empty list, which would make everything that was there before look deleted.
    """
    found = page.get(name)
    if isinstance(found, list):
        return found
    if found is not None or any(_tells_failure(*pair) for pair in page.items()):
        return None
    is_such_a_list = not page or name in page or not set(known).isdisjoint(page)
    return [] if is_such_a_list else None


def _tells_failure(name: str, value: Any) -> bool:
    name = name.lower()
    if name in ("ok", "success"):
        return value is False
    return name in _SIGNS_OF_FAILURE and bool(value) and value not in _SIGNS_OF_SUCCESS


def demand_ids(
    entries: Iterable[Any], read_id: Callable[[Any], str], unclear: Callable[..., Exception]
) -> None:
    """Raise unless each entry has its id: one without might be the very one looked for."""
    if not all(map(read_id, entries)):
        raise unclear("lists a voice without its id", repeatable=True)


@dataclass(slots=True)
class ListWalk:
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

    def lacks_some(self, total: float | None) -> bool:
        """Tell whether the provider says that there are more than came by."""
        return total is not None and self.count < total
