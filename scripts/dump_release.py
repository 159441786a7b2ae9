"""Write a database of a release, as its own code and tests make it.

    python scripts/dump_release.py v0.2.0

tests/management/test_old_databases.py upgrades it. The dump's first line holds the master keys that
encrypted its secrets, which are made up.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Runs as a test of that release: it migrates, and has a world of two teams with a row of nearly
# everything.
DUMPING = """
import os
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.visitors import open_world


def test_dump(cast, sign_in, wav):
    open_world(cast, sign_in, wav)
    keys = " ".join(Path(settings.MASTER_KEY_FILE).read_text().split())
    lines = [f"-- {keys}", *connection.connection.iterdump()]
    Path(os.environ["DUMP"]).write_text("\\n".join(lines) + "\\n")
"""


def dump_release(tag: str) -> Path:
    """Write the dump of a release and return its path."""
    target = ROOT / "tests" / "management" / f"database_of_{tag}.sql"
    git = ("git", "-C", str(ROOT), "archive", tag)
    tree = subprocess.run(git, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            archive.extractall(folder, filter="data")
        (Path(folder) / "tests" / "test_dump.py").write_text(DUMPING)
        command = [sys.executable, "-m", "pytest", "-q", "-n0", "tests/test_dump.py"]
        subprocess.run(command, cwd=folder, env={**os.environ, "DUMP": str(target)}, check=True)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{dump_release(sys.argv[1])}\n")
