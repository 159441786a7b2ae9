"""A database with all tables and no people, migrated once for a whole run of the tests."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.openid_variables import OPENID_VARIABLES
from tests.servers.processes import ROOT

FOREIGN = ("VOICEBOARD_", "DJANGO_", "DATABASE_URL", "CELERY_")
# The controller of pytest-xdist makes the folder; its processes inherit the name.
_VARIABLE = "VOICEBOARD_TEST_SHARED"


def migrated_database() -> Path:
    """Return the path of the SQLite file, which is made by the first process that asks."""
    shared = Path(os.environ[_VARIABLE])
    path = shared / "voiceboard.sqlite3"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _migrate(shared)
    return path


def copy_database(data: Path) -> None:
    """Put a copy into a data directory that has no database yet."""
    target = data / "voiceboard.sqlite3"
    if not target.exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(migrated_database(), target)
        target.chmod(0o600)


def make_shared_folder() -> Path | None:
    """Make what all processes of a run share; ``None`` if this is one of them."""
    if _VARIABLE in os.environ:
        return None
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="voiceboard-shared-")
    return Path(os.environ[_VARIABLE])


def _migrate(shared: Path) -> None:
    around = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    environment = {
        **around,
        "VOICEBOARD_DATA_DIR": str(shared / "draft"),
        "VOICEBOARD_LOCAL": "0",
        "VOICEBOARD_DEMO": "0",
        **OPENID_VARIABLES,
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    draft = shared / "draft" / "voiceboard.sqlite3"
    with contextlib.closing(sqlite3.connect(draft)) as database:
        # Without a write-ahead log, the file alone is the database.
        database.execute("PRAGMA journal_mode=DELETE")
    draft.rename(shared / "voiceboard.sqlite3")
