"""Write files atomically and durably."""

import os
import secrets
from pathlib import Path

from catalog.core.private_files import make_private_folder


def write_whole(path: Path, content: bytes) -> None:
    """Write a draft, flush it to disk, and rename it to ``path``."""
    make_private_folder(path.parent)
    draft = path.with_name(f".draft-{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush renames and deletions in the folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
