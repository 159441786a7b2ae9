"""Folders and files that their owner alone can read, whatever the process was started with."""

import contextlib
import os
from pathlib import Path

_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner alone.

    ``Path.mkdir`` gives its mode to the last folder only; those above get the umask's.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # made by another process meanwhile
            each.mkdir(mode=0o700)


def close_folders(root: Path) -> None:
    """Take from others what they may do with the folders below the root and the files in it."""
    kept = [root, *(each for each in root.iterdir() if each.is_file() and not each.is_symlink())]
    kept += [Path(place) / name for place, names, _ in os.walk(root) for name in names]
    for each in kept:
        mode = each.lstat().st_mode
        if mode & _OTHERS and not each.is_symlink():
            with contextlib.suppress(PermissionError):  # someone else's: theirs to decide
                each.chmod(mode & 0o7700)
