"""Files on disk: hashed static files, and media files that are written atomically."""

import contextlib
import errno
import hashlib
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from whitenoise.storage import CompressedManifestStaticFilesStorage

from catalog.core.private_files import DRAFT, open_draft

_SHEET = "css/app.css"
_IMPORT = re.compile(r'@import "([\w-]+\.css)";')
# Reserved for the database and the queue until someone frees up space.
RESERVE_BYTES = 64 * 1024 * 1024
_FULL_NUMBERS = {errno.ENOSPC, errno.EDQUOT}
# The error messages of SQLite and PostgreSQL.
_FULL_WORDS = ("disk is full", "No space left on device", "Disk quota exceeded")


class HashedStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed static files, with rewritten imports between our scripts.

    The stylesheets imported by css/app.css are merged into it, so pages load a single one.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        """Merge the stylesheets before the files get their hashed names."""
        if _SHEET in paths and not dry_run:
            source, name = paths[_SHEET]
            folder = Path(source.path(name)).parent
            Path(self.path(_SHEET)).write_text(join_sheets(folder), encoding="utf-8")
            joined = {path for path in paths if path.startswith("css/") and path != _SHEET}
            paths = {path: place for path, place in paths.items() if path not in joined}
            paths[_SHEET] = (self, _SHEET)
        yield from super().post_process(paths, dry_run, **options)


def join_sheets(folder: Path) -> str:
    """Return css/app.css with its imports inlined, without comments and needless spaces."""
    entry = (folder / "app.css").read_text(encoding="utf-8")
    whole = _IMPORT.sub(lambda found: (folder / found[1]).read_text(encoding="utf-8"), entry)
    plain = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", whole, flags=re.DOTALL))
    tight = re.sub(r" ?([{};,]|(?<=[\w-]):(?= )) ?", r"\1", plain)
    return re.sub(r";+}", "}", tight).strip()


def store_media(folder: str, chunks: Iterable[bytes], ending: str) -> tuple[str, int, str]:
    """Write a file under a random name; return its path in the media folder, size, and sha256."""
    name = f"{secrets.token_hex(16)}.{ending}"
    relative = f"{folder}/{name[:2]}/{name}"
    digest, size = hashlib.sha256(), 0
    with open_draft(Path(settings.MEDIA_ROOT) / relative) as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return relative, size, digest.hexdigest()


def is_full(problem: BaseException | None) -> bool:
    """Return whether the error means that our disk or the database's is full."""
    if isinstance(problem, OSError):
        return problem.errno in _FULL_NUMBERS
    is_of_database = isinstance(problem, DatabaseError)
    return is_of_database and any(words in str(problem) for words in _FULL_WORDS)


def find_free_bytes() -> int:
    """Return the free bytes for data or media, whichever is less."""
    places = [Path(settings.DATA_DIR), Path(settings.MEDIA_ROOT)]
    return min(shutil.disk_usage(place).free for place in places if place.is_dir())


def has_room() -> bool:
    """Return whether there is space for more audio besides the database's reserve."""
    return find_free_bytes() > RESERVE_BYTES


def try_media() -> None:
    """Write and delete a small file in the media folder; raises OSError if that fails."""
    probe = Path(settings.MEDIA_ROOT) / f"{DRAFT}probe-{secrets.token_hex(8)}"
    probe.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        probe.write_bytes(b"room")
    finally:
        probe.unlink(missing_ok=True)


def clean_filename(name: str) -> str:
    """Return the uploaded file name for display; it is never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    whole = unicodedata.normalize("NFC", last)
    shown = "".join(mark for mark in whole if mark.isprintable())
    return shown[:120] or "sample"


def media_path(relative: str) -> Path:
    """Return the path of a stored file; raises ValueError for one outside the media folder."""
    root = Path(settings.MEDIA_ROOT).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        raise ValueError("This media path is outside the media folder.")
    return path


def remove_media(relative: str) -> None:
    """Delete a stored file if it exists."""
    with contextlib.suppress(FileNotFoundError):
        media_path(relative).unlink()


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


def file_facts(path: Path) -> dict[str, Any]:
    """Return size and ETag of a stored file for its response headers."""
    status = path.stat()
    return {"size": status.st_size, "etag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"'}
