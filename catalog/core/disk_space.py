"""Whether this host's disk, or the database's, has space left."""

import errno
import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

# Reserved for the database and the queue until someone frees up space.
RESERVE_BYTES = 64 * 1024 * 1024
_FULL_NUMBERS = {errno.ENOSPC, errno.EDQUOT}
# The error messages of SQLite and PostgreSQL.
_FULL_WORDS = ("disk is full", "No space left on device", "Disk quota exceeded")


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
