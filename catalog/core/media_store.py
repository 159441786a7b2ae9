"""What a place for media files must be able to do, and how it fails.

A file is stored whole or not at all, and what is stored under a key never changes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

CHUNK_BYTES = 64 * 1024


class MediaUnavailable(Exception):
    """The store doesn't respond or refuses us, which may soon be over: work on it is retried.

    It is no OSError, because those mean that the file is gone for good.
    """


class StoredFile(NamedTuple):
    """A file in the store, its size in bytes, and when it was stored, in seconds since 1970."""

    key: str
    size: int
    stored_at: float


class MediaStore(Protocol):
    """Reading raises FileNotFoundError for a missing file; all of it can raise MediaUnavailable."""

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store a file, whole or not at all."""

    def read(self, key: str) -> bytes:
        """Return the whole file."""

    def read_part(self, key: str, first: int, length: int) -> Iterator[bytes]:
        """Return part of the file in chunks; errors are raised here, not while iterating."""

    def find_size(self, key: str) -> int | None:
        """Return the size in bytes, None if there is no such file."""

    def remove(self, key: str) -> None:
        """Delete the file if it exists."""

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """List the files whose keys start with the prefix, in any order."""
