"""Follow docs/developers/adding-a-provider.md in a copy of the tree, and run its tests there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "docs" / "developers" / "adding-a-provider.md"
EXAMPLE = GUIDE.parent / "example"
SUITE = ("provider", "list", "refusal", "key", "clone")


def read_excerpts(language: str = "python") -> list[str]:
    """Return the blocks of code in the guide."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def copy_tree(to: Path) -> None:
    """Copy what the tests need; what is large and not changed is only linked."""
    ignored = shutil.ignore_patterns("__pycache__", "audio", "e2e")
    for name in ("catalog", "tests", "voiceboard"):
        shutil.copytree(ROOT / name, to / name, ignore=ignored)
    for name in ("catalog/audio", "templates", "static", "pyproject.toml"):
        (to / name).symlink_to(ROOT / name)


def add_provider(to: Path) -> None:
    """Do what the guide says."""
    shutil.copy(EXAMPLE / "adapter.py", to / "catalog/providers/adapters/chime.py")
    shutil.copy(EXAMPLE / "sandbox.py", to / "catalog/sandbox/providers/chime.py")
    shutil.copytree(EXAMPLE / "fixtures", to / "tests/providers/fixtures/chime")
    [entries] = [each for each in read_excerpts() if each.startswith("LISTS[")]
    with (to / "tests/providers/wire_formats.py").open("a") as file:
        file.write(f"\n{entries}")


def run_suite(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the conformance tests for the new provider."""
    files = [f"tests/providers/test_every_{name}.py" for name in SUITE]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-k",
            "chime",
            *files,
        ],
        cwd=tree,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
