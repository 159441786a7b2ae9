"""The index in the store of media files: written by a worker, memory-mapped by web processes.

A row names the newest file of each layout, so that two versions of Voiceboard can run side by side.
"""

import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from catalog.core.media import get_media_store
from catalog.core.media_folder import FolderStore
from catalog.core.media_store import MediaUnavailable
from catalog.core.private_files import open_draft
from catalog.models import IndexFile
from catalog.search.index.arrays import Numbers
from catalog.search.index.segments import Segment

logger = logging.getLogger(__name__)

# Increase it when the same rows result in a different segment than before.
_LAYOUT = 5
_MAGIC = b"voiceboard index\n"
_ALIGNED = 64
_FOLDER = "index/"
# Another host may be loading a file that was replaced.
_REPLACED_LIVES = timedelta(hours=1)
# Why a file can't be mapped: it is gone, cut off, or not an index.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A segment at certain versions of its teams, and the key of the file it was read from."""

    segment: Segment
    versions: dict[int, int]
    mark: str


def _name_scope(teams: frozenset[int]) -> str:
    return "-".join(map(str, sorted(teams)))


def _find_row(teams: frozenset[int]) -> IndexFile | None:
    return IndexFile.objects.filter(scope=_name_scope(teams), layout=_LAYOUT).first()


def read_mark(teams: frozenset[int]) -> str | None:
    """Return the key of the current snapshot, None if there is none."""
    row = _find_row(teams)
    return row.key if row else None


def write_snapshot(teams: frozenset[int], segment: Segment, versions: Mapping[int, int]) -> None:
    """Store the index, then have its row name it."""
    scope = _name_scope(teams)
    key = f"{_FOLDER}{scope}-{secrets.token_hex(8)}.index"
    get_media_store().write(key, _lay_out(segment, versions))
    values = {"key": key, "versions": {str(team): number for team, number in versions.items()}}
    IndexFile.objects.update_or_create(scope=scope, layout=_LAYOUT, defaults=values)


def read_snapshot_versions(teams: frozenset[int]) -> dict[int, int] | None:
    """Return the versions of the newest snapshot, None if there is none."""
    row = _find_row(teams)
    return _as_versions(row.versions) if row else None


def drop_snapshot(teams: frozenset[int]) -> None:
    """Forget the snapshot, so that a worker makes another one."""
    IndexFile.objects.filter(scope=_name_scope(teams), layout=_LAYOUT).delete()


def read_snapshot(teams: frozenset[int]) -> Snapshot | None:
    """Return the newest snapshot, None if there is no readable one."""
    row = _find_row(teams)
    if row is None:
        return None
    try:
        header, parts = _open_parts(_find_local_file(row))
        return Snapshot(Segment(parts), _as_versions(header["versions"]), row.key)
    except MediaUnavailable as exc:
        logger.warning("The index of teams %s can't be loaded now: %s", row.scope, exc)
    except _UNREADABLE:
        logger.warning("The index of teams %s can't be read; rebuilding it", row.scope)
        drop_snapshot(teams)
    return None


def forget_replaced_snapshots(now: datetime) -> int:
    """Delete files that no row names, an hour after they were stored; return how many."""
    named = set(IndexFile.objects.values_list("key", flat=True))
    store, removed = get_media_store(), 0
    old = (now - _REPLACED_LIVES).timestamp()
    for file in list(store.list(_FOLDER)):
        if file.key not in named and file.stored_at < old:
            store.remove(file.key)
            removed += 1
    return removed


def _find_local_file(row: IndexFile) -> Path:
    """Return the file, which is copied to this host first if it lies in a bucket."""
    store = get_media_store()
    if isinstance(store, FolderStore):
        return store.find_path(row.key)
    path = Path(settings.INDEX_DIR) / Path(row.key).name
    if not path.is_file():
        size = store.find_size(row.key)
        if size is None:
            raise FileNotFoundError("The index was removed.")
        with open_draft(path) as file:
            file.writelines(store.read_part(row.key, 0, size))
        for other in path.parent.glob(f"{row.scope}-*.index"):
            if other != path:
                other.unlink(missing_ok=True)  # who has it open can keep using it
    return path


def _lay_out(segment: Segment, versions: Mapping[int, int]) -> Iterator[bytes]:
    parts = segment.parts()
    header = _describe(parts, versions)
    yield _MAGIC + len(header).to_bytes(8, "little") + header
    place = len(_MAGIC) + 8 + len(header)
    for part in parts.values():
        padding, content = -place % _ALIGNED, np.ascontiguousarray(part).tobytes()
        yield b"\0" * padding
        yield content
        place += padding + len(content)


def _as_versions(kept: Mapping[str, int]) -> dict[int, int]:
    return {int(team): int(number) for team, number in kept.items()}


def _describe(parts: Mapping[str, Numbers], versions: Mapping[int, int]) -> bytes:
    arrays = [[name, part.dtype.str, len(part)] for name, part in parts.items()]
    index_header = {"layout": _LAYOUT, "versions": versions, "arrays": arrays}
    return json.dumps(index_header).encode()


def _open_parts(path: Path) -> tuple[dict[str, Any], dict[str, Numbers]]:
    whole = np.memmap(path, dtype=np.uint8, mode="r")
    start = len(_MAGIC) + 8
    if bytes(whole[: len(_MAGIC)]) != _MAGIC:
        raise ValueError("This isn't an index file.")
    place = start + int.from_bytes(bytes(whole[len(_MAGIC) : start]), "little")
    header = json.loads(bytes(whole[start:place]))
    parts = {}
    for name, kind, count in header["arrays"]:
        place += -place % _ALIGNED
        end = place + count * np.dtype(kind).itemsize
        if end > len(whole):
            raise ValueError("This index file is truncated.")
        parts[name] = np.asarray(whole[place:end]).view(kind)
        place = end
    return header, parts
