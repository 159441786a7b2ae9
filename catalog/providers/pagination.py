"""Read a list that may change meanwhile: every voice once, and none lost unnoticed."""

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
    """A voice in a list, parsed only on demand, because most voices haven't changed.

    ``source`` is the provider's JSON, or None if it was not kept.
    """

    remote_id: str
    source: Any = field(repr=False)
    reader: Callable[[Any], RemoteVoice]

    @classmethod
    def of(cls, voice: RemoteVoice) -> "ListedVoice":
        """Return an entry for a voice that is already parsed."""
        return cls(voice.remote_id, None, lambda _: voice)

    def read(self) -> RemoteVoice:
        """Return the parsed voice."""
        return self.reader(self.source)

    def mark(self, seed: int) -> str:
        """Return a fingerprint of what the provider sent, "" if that was not kept.

        While it stays the same for a seed of ``mark_seed``, parsing would bring nothing new. The
        hash is not collision-resistant: a provider could forge one, but would only mislead itself.
        """
        try:
            content = orjson.dumps(self.source) if self.source else b""
        except TypeError:  # nested too deeply, a lone surrogate, or a huge number
            content = b""
        return xxhash.xxh3_128_hexdigest(content, seed) if content else ""


def mark_seed(*depends: str) -> int:
    """Return the fingerprint seed, which depends on the parsing code and on ``depends``."""
    digest = hashlib.blake2b("\x1f".join((_reading_code(), *depends)).encode(), digest_size=8)
    return int.from_bytes(digest.digest())


@functools.cache
def _reading_code() -> str:
    # Makes all voices be parsed again when the parsing code changes.
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ListGap:
    """A part of a listing that couldn't be fetched; ``is_owned`` says which voices it contains."""

    message: str
    is_owned: bool = False


# A response with one of these fields may be a failure rather than an empty list.
_SIGNS_OF_FAILURE = frozenset(
    {"code", "detail", "details", "error", "errors", "exception", "fault"}
    | {"message", "msg", "reason", "status", "title"}
)
_SIGNS_OF_SUCCESS: tuple[Any, ...] = ("ok", "success", 200)


def list_in(page: Mapping[str, Any], name: str, known: Collection[str] = ()) -> list[Any] | None:
    """Return the list with this name in a response, None if the response isn't such a list.

    A null or missing list counts as empty, as in JSON from Protocol Buffers and Go, if the response
    still looks like a list: it contains the name, another ``known`` field, or nothing at all. A
    possible failure never counts as an empty list, which would make all voices look deleted.
    """
    found = page.get(name)
    if isinstance(found, list):
        return found
    if found is not None or any(_is_failure_field(*pair) for pair in page.items()):
        return None
    is_such_a_list = not page or name in page or not set(known).isdisjoint(page)
    return [] if is_such_a_list else None


def _is_failure_field(name: str, value: Any) -> bool:
    name = name.lower()
    if name in ("ok", "success"):
        return value is False
    return name in _SIGNS_OF_FAILURE and bool(value) and value not in _SIGNS_OF_SUCCESS


def demand_ids(
    entries: Iterable[Any], read_id: Callable[[Any], str], unclear: Callable[..., Exception]
) -> None:
    """Raise unless every entry has its id: one without might be the one we search for."""
    if not all(map(read_id, entries)):
        raise unclear("listed a voice without an id", repeatable=True)


@dataclass(slots=True)
class ListWalk:
    """The progress of one listing; ``read_id`` returns an entry's id, "" if unusable."""

    read_id: Callable[[Any], str]
    _seen: set[str] = field(default_factory=set)
    _nameless: int = 0

    def take(self, entries: Iterable[Any]) -> Iterator[dict[str, Any]]:
        """Yield the entries that have an id and were not seen before."""
        for entry in entries:
            remote_id = self.read_id(entry)
            if not remote_id:
                self._nameless += 1
            elif remote_id not in self._seen:
                self._seen.add(remote_id)
                yield entry

    @property
    def count(self) -> int:
        """The number of entries so far, each counted once."""
        return len(self._seen) + self._nameless

    def lacks_some(self, total: float | None) -> bool:
        """Return whether the provider reports more entries than we received."""
        return total is not None and self.count < total
