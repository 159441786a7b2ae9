"""Media files in a folder of this host."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog.core.media_store import CHUNK_BYTES, StoredFile
from catalog.core.private_files import DRAFT, open_draft


class FolderStore:
    """Files below one folder, which only their owner can read."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def find_path(self, key: str) -> Path:
        """Return the path of a stored file; raises ValueError for one outside the folder."""
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root):
            raise ValueError("This media path is outside the media folder.")
        return path

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store a file, whole or not at all."""
        with open_draft(self.find_path(key)) as file:
            file.writelines(chunks)

    def read(self, key: str) -> bytes:
        """Return the whole file."""
        return self.find_path(key).read_bytes()

    def read_part(self, key: str, first: int, length: int) -> Iterator[bytes]:
        """Return part of the file in chunks."""
        path = self.find_path(key)
        path.stat()  # raises FileNotFoundError now, and opens nothing that might not be read
        return _read_chunks(path, first, length)

    def find_size(self, key: str) -> int | None:
        """Return the size in bytes, None if there is no such file."""
        path = self.find_path(key)
        return path.stat().st_size if path.is_file() else None

    def remove(self, key: str) -> None:
        """Delete the file if it exists."""
        self.find_path(key).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """List the files whose keys start with the prefix."""
        for place, _, names in os.walk(self.root):
            for name in names:
                path = Path(place) / name
                key = path.relative_to(self.root).as_posix()
                if key.startswith(prefix) and not name.startswith(DRAFT):
                    with contextlib.suppress(FileNotFoundError):  # removed in the meantime
                        status = path.stat()
                        yield StoredFile(key, status.st_size, status.st_mtime)


def _read_chunks(path: Path, first: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
