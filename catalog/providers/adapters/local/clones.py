"""Clones of one account: one file each, whole or not there, named after the job's marker."""

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from catalog.audio.tts.styles import Style, check_style
from catalog.providers.adapters.local.files import sync_folder, write_whole
from catalog.providers.idempotency_marker import find_markers

_ID = re.compile(r"match-[0-9a-f]{20}")
_ACCOUNT = re.compile(r"[a-z0-9-]{1,80}")


@dataclass(frozen=True, slots=True)
class LocalClone:
    """One clone as it lies on the disk, without its style."""

    remote_id: str
    name: str
    description: str
    language: str
    gender: str
    made_at: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def markers(self) -> list[str]:
        """The marks of the jobs that made it."""
        return find_markers(self.description)


class CloneStore:
    """The clones of one account in its folder; a change writes a whole file and renames it."""

    def __init__(self, root: Path, account: str) -> None:
        if not _ACCOUNT.fullmatch(account):
            raise ValueError("This is no name of an account.")
        self._folder = root / "voices" / account

    @staticmethod
    def make_id(marker: str) -> str:
        """Return the id that the clone of a job has, however often the job is carried out."""
        return f"match-{hashlib.sha256(marker.encode()).hexdigest()[:20]}"

    def __iter__(self) -> Iterator[LocalClone]:
        paths = self._folder.glob("match-*.npz")
        found = [clone for path in paths if (clone := self.find(path.stem)) is not None]
        yield from sorted(found, key=lambda clone: (clone.made_at, clone.remote_id))

    def find(self, remote_id: str) -> LocalClone | None:
        """Return one clone, None where it is not or no longer there."""
        with contextlib.suppress(FileNotFoundError), self._open(remote_id) as file:
            return LocalClone(**json.loads(file["about"].tobytes()))
        return None

    def style_of(self, remote_id: str) -> Style | None:
        """Return how the clone sounds, None where it is not there."""
        with contextlib.suppress(FileNotFoundError), self._open(remote_id) as file:
            return check_style(file["style"].astype(np.float32))
        return None

    def keep(self, clone: LocalClone, style: Style) -> None:
        """Keep the clone, durably before this returns."""
        about = np.frombuffer(json.dumps(asdict(clone)).encode(), np.uint8)
        content = io.BytesIO()
        np.savez(content, about=about, style=check_style(style).astype(np.float16))
        write_whole(self._path(clone.remote_id), content.getvalue())

    def rename(self, remote_id: str, name: str, description: str | None) -> bool:
        """Give the clone another name; False where it is not there."""
        clone, style = self.find(remote_id), self.style_of(remote_id)
        if clone is None or style is None:
            return False
        changed = replace(clone, name=name)
        if description is not None:
            changed = replace(changed, description=description)
        self.keep(changed, style)
        return True

    def delete(self, remote_id: str) -> bool:
        """Remove the clone for good; False where it is not there."""
        try:
            self._path(remote_id).unlink()
        except FileNotFoundError:
            return False
        sync_folder(self._folder)
        return True

    def _open(self, remote_id: str) -> Any:
        return np.load(self._path(remote_id), allow_pickle=False)

    def _path(self, remote_id: str) -> Path:
        if not _ID.fullmatch(remote_id):
            raise FileNotFoundError(remote_id)
        return self._folder / f"{remote_id}.npz"
