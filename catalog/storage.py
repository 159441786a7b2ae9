"""Files on disk: hashed static files, and media that is either whole or not there."""

import contextlib
import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage

from catalog.folders import make_private_folder

_DRAFT = ".draft-"


class HashedStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed static files, with the imports between our scripts rewritten too."""

    support_js_module_import_aggregation = True


def store_media(folder: str, chunks: Iterable[bytes], ending: str) -> tuple[str, int, str]:
    """Write a file under a random name; return its path in the media folder, size and sha256.

    The file appears under its name only when it is whole and on the disk, so that a process
    killed half-way leaves a hidden draft and never a torn file.
    """
    name = f"{secrets.token_hex(16)}.{ending}"
    relative = f"{folder}/{name[:2]}/{name}"
    target = Path(settings.MEDIA_ROOT) / relative
    make_private_folder(target.parent)
    draft = target.with_name(_DRAFT + name)
    digest, size = hashlib.sha256(), 0
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return relative, size, digest.hexdigest()


def clean_filename(name: str) -> str:
    """Return the uploaded name as it may be shown; it is never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    whole = unicodedata.normalize("NFC", last)
    shown = "".join(mark for mark in whole if mark.isprintable())
    return shown[:120] or "sample"


def media_path(relative: str) -> Path:
    """Return where a stored file lies; a path that leads out of the media folder is refused."""
    root = Path(settings.MEDIA_ROOT).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        raise ValueError("A media path leads out of the media folder.")
    return path


def remove_media(relative: str) -> None:
    """Remove a stored file; a missing one is fine."""
    with contextlib.suppress(FileNotFoundError):
        media_path(relative).unlink()


def sweep_drafts(older_than: datetime) -> int:
    """Remove the drafts and half uploads that killed processes left behind; return how many."""
    removed = 0
    drafts = _find_files(Path(settings.MEDIA_ROOT), f"{_DRAFT}*")
    uploads = _find_files(Path(settings.FILE_UPLOAD_TEMP_DIR), "*.upload*")
    for draft in [*drafts, *uploads]:
        if draft.stat().st_mtime < older_than.timestamp():
            draft.unlink(missing_ok=True)
            removed += 1
    return removed


def _find_files(root: Path, pattern: str) -> Iterator[Path]:
    if root.is_dir():
        yield from root.rglob(pattern)


def file_facts(path: Path) -> dict[str, Any]:
    """Return size and modification time of a stored file, for its response headers."""
    status = path.stat()
    return {"size": status.st_size, "etag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"'}
