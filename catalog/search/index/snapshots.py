"""The index on disk: written atomically by a worker, memory-mapped by web processes."""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from catalog.core.private_files import open_draft
from catalog.search.index.arrays import Numbers
from catalog.search.index.segments import Segment

logger = logging.getLogger(__name__)

# Increase it when the same rows result in a different segment than before.
_LAYOUT = 5
_MAGIC = b"voiceboard index\n"
_ALIGNED = 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A segment at certain versions of its teams, and the file it was read from."""

    segment: Segment
    versions: dict[int, int]
    mark: tuple[int, int]


def snapshot_path(teams: frozenset[int]) -> Path:
    """Return the path of these teams' index, whether or not it exists."""
    return Path(settings.INDEX_DIR) / f"{'-'.join(map(str, sorted(teams)))}.index"


def read_mark(teams: frozenset[int]) -> tuple[int, int] | None:
    """Return an identifier of the current snapshot file, None if there is none."""
    try:
        found = snapshot_path(teams).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def write_snapshot(teams: frozenset[int], segment: Segment, versions: Mapping[int, int]) -> None:
    """Write the index atomically."""
    with open_draft(snapshot_path(teams)) as file:
        header = _describe(segment.parts(), versions)
        file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
        for part in segment.parts().values():
            file.write(b"\0" * (-file.tell() % _ALIGNED))
            file.write(np.ascontiguousarray(part).data)


def read_snapshot_versions(teams: frozenset[int]) -> dict[int, int] | None:
    """Return the versions of the newest snapshot, None if there is no readable one."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        header, _parts = _open_parts(snapshot_path(teams))
        if header["layout"] == _LAYOUT:
            return _as_versions(header)
    return None


def drop_snapshot(teams: frozenset[int]) -> None:
    """Delete the snapshot; processes that have it open can keep using it."""
    with suppress(OSError):
        snapshot_path(teams).unlink()


def read_snapshot(teams: frozenset[int]) -> Snapshot | None:
    """Return the newest snapshot, None if there is no readable one."""
    mark = read_mark(teams)
    if mark is None:
        return None
    try:
        header, parts = _open_parts(snapshot_path(teams))
        if header["layout"] != _LAYOUT:
            return None
        segment = Segment(parts)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        logger.warning("The index of teams %s can't be read; rebuilding it", sorted(teams))
        drop_snapshot(teams)
        return None
    return Snapshot(segment, _as_versions(header), mark)


def _as_versions(header: Mapping[str, Any]) -> dict[int, int]:
    return {int(team): int(number) for team, number in header["versions"].items()}


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
