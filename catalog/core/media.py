"""Media files under random keys, in a folder of this host or in a bucket that all hosts share."""

import functools
import hashlib
import logging
import os
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from catalog.core.lazy_modules import LazyModule
from catalog.core.media_folder import FolderStore
from catalog.core.media_store import MediaStore, MediaUnavailable
from catalog.core.private_files import DRAFT

logger = logging.getLogger(__name__)

_s3 = LazyModule("catalog.core.media_s3")  # its library takes 27 MB


def get_media_store() -> MediaStore:
    """Return the store that ``VOICEBOARD_FILES`` names."""
    return open_media_store(settings.MEDIA_STORE_URL or str(settings.MEDIA_ROOT))


def open_media_store(place: str) -> MediaStore:
    """Return the store in a bucket, ``s3://...``, or in a folder."""
    return _open_bucket(place, os.getpid()) if _is_bucket(place) else FolderStore(Path(place))


def _is_bucket(place: str) -> bool:
    return place.startswith("s3://")


# A process that was forked can't use the connections of the one it comes from.
@functools.lru_cache(maxsize=2)
def _open_bucket(url: str, _process: int) -> MediaStore:
    store: MediaStore = _s3.S3Store(url, settings.S3_KEY_ID, settings.S3_SECRET)
    return store


def store_media(folder: str, chunks: Iterable[bytes], ending: str) -> tuple[str, int, str]:
    """Store a file under a random key; return the key, the size in bytes, and the sha256."""
    name = f"{secrets.token_hex(16)}.{ending}"
    key = f"{folder}/{name[:2]}/{name}"
    digest, size = hashlib.sha256(), 0

    def measured() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    get_media_store().write(key, measured())
    return key, size, digest.hexdigest()


def read_media(key: str) -> bytes:
    """Return a stored file; raises FileNotFoundError or MediaUnavailable."""
    return get_media_store().read(key)


def read_media_part(key: str, first: int, length: int) -> Iterator[bytes]:
    """Return part of a stored file in chunks; raises what ``read_media`` raises."""
    return get_media_store().read_part(key, first, length)


def find_media_size(key: str) -> int | None:
    """Return the size of a stored file in bytes, None if it doesn't exist."""
    return get_media_store().find_size(key)


def has_media(key: str) -> bool:
    """Return whether there is a file under this key."""
    return find_media_size(key) is not None


def remove_media(key: str) -> None:
    """Delete a stored file if it exists; what the store can't delete now is an orphan."""
    try:
        get_media_store().remove(key)
    except MediaUnavailable as exc:
        logger.warning("A file couldn't be deleted: %s", exc)


def try_media() -> None:
    """Store, read, and delete a small file; raises OSError or MediaUnavailable if that fails."""
    key, *_ = store_media(".probe", [b"room"], "txt")
    try:
        read_media(key)
    finally:
        remove_media(key)


def clean_filename(name: str) -> str:
    """Return the uploaded file name for display; it is never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    whole = unicodedata.normalize("NFC", last)
    shown = "".join(mark for mark in whole if mark.isprintable())
    return shown[:120] or "sample"


def sweep_drafts(older_than: datetime) -> int:
    """Delete drafts and partial uploads left by killed processes; return how many."""
    removed = 0
    drafts = _find_files(Path(settings.MEDIA_ROOT), f"{DRAFT}*")
    uploads = _find_files(Path(settings.FILE_UPLOAD_TEMP_DIR), "*.upload*")
    for draft in [*drafts, *uploads]:
        if draft.stat().st_mtime < older_than.timestamp():
            draft.unlink(missing_ok=True)
            removed += 1
    return removed


def _find_files(root: Path, pattern: str) -> Iterator[Path]:
    if root.is_dir():
        yield from root.rglob(pattern)
