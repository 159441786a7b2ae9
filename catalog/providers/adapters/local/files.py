"""Write files atomically and durably."""

import os
from pathlib import Path

from catalog.core.private_files import open_draft


def write_whole(path: Path, content: bytes) -> None:
    """Write the file, so that a crash leaves all of it or none."""
    with open_draft(path) as file:
        file.write(content)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush renames and deletions in the folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
