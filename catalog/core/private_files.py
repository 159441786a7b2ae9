"""Folders and files that only their owner can read, regardless of the umask."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

DRAFT = ".draft-"
_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents for the owner only.

    ``Path.mkdir`` applies its mode only to the last folder; parents get the umask's mode.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # created by another process in the meantime
            each.mkdir(mode=0o700)


@contextlib.contextmanager
def open_draft(target: Path) -> Iterator[BinaryIO]:
    """Open a draft that takes the target's place once it is completely flushed to disk.

    A killed process leaves a hidden draft and never a partial file.
    """
    make_private_folder(target.parent)
    draft = target.with_name(f"{DRAFT}{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def close_folders(root: Path) -> None:
    """Revoke other users' access to the root's files and to everything in its subfolders."""
    kept = [root, *(each for each in root.iterdir() if each.is_file() and not each.is_symlink())]
    kept += [Path(place) / name for place, names, _ in os.walk(root) for name in names]
    for each in kept:
        mode = each.lstat().st_mode
        if mode & _OTHERS and not each.is_symlink():
            with contextlib.suppress(PermissionError):  # owned by another user
                each.chmod(mode & 0o7700)
