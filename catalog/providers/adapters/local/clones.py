"""Clones of one account: one complete file each, named after the job's marker."""

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
    """One stored clone, without its style."""

    remote_id: str
    name: str
    description: str
    language: str
    gender: str
    made_at: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def markers(self) -> list[str]:
        """The markers of the jobs that made it."""
        return find_markers(self.description)


class CloneStore:
    """The clones of one account in its folder; changes write a complete file and rename it."""

    def __init__(self, root: Path, account: str) -> None:
        if not _ACCOUNT.fullmatch(account):
            raise ValueError("This isn't a valid account name.")
        self._folder = root / "voices" / account

    @staticmethod
    def make_id(marker: str) -> str:
        """Return the id of a job's clone, the same for every attempt."""
        return f"match-{hashlib.sha256(marker.encode()).hexdigest()[:20]}"

    def __iter__(self) -> Iterator[LocalClone]:
        paths = self._folder.glob("match-*.npz")
        found = [clone for path in paths if (clone := self.find(path.stem)) is not None]
        yield from sorted(found, key=lambda clone: (clone.made_at, clone.remote_id))

    def find(self, remote_id: str) -> LocalClone | None:
        """Return one clone, None if it doesn't exist."""
        with contextlib.suppress(FileNotFoundError), self._open(remote_id) as file:
            return LocalClone(**json.loads(file["about"].tobytes()))
        return None

    def style_of(self, remote_id: str) -> Style | None:
        """Return the clone's style, None if it doesn't exist."""
        with contextlib.suppress(FileNotFoundError), self._open(remote_id) as file:
            return check_style(file["style"].astype(np.float32))
        return None

    def keep(self, clone: LocalClone, style: Style) -> None:
        """Store the clone durably."""
        about = np.frombuffer(json.dumps(asdict(clone)).encode(), np.uint8)
        content = io.BytesIO()
        np.savez(content, about=about, style=check_style(style).astype(np.float16))
        write_whole(self._path(clone.remote_id), content.getvalue())

    def rename(self, remote_id: str, name: str, description: str | None) -> bool:
        """Rename the clone; return False if it doesn't exist."""
        clone, style = self.find(remote_id), self.style_of(remote_id)
        if clone is None or style is None:
            return False
        changed = replace(clone, name=name)
        if description is not None:
            changed = replace(changed, description=description)
        self.keep(changed, style)
        return True

    def delete(self, remote_id: str) -> bool:
        """Delete the clone permanently; return False if it doesn't exist."""
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
