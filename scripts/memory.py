"""Print the memory used by a running Voiceboard, by process.

    python scripts/memory.py [DATA_DIR]

PSS divides shared pages among the processes that share them, so the sum is the total use. Linux
only, because it reads /proc.
"""

import contextlib
import os
import sys
from pathlib import Path

PROC = Path("/proc")


def main() -> int:
    """Print each process of a data directory's supervisor, and the sum."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("VOICEBOARD_DATA_DIR", "var"))
    try:
        supervisor = int((data / "supervisor.lock").read_text())
        tree = list_tree(supervisor)
        held = {pid: read_pss(pid) for pid in tree}
    except (OSError, ValueError):
        sys.stderr.write(f"Voiceboard isn't running on {data.absolute()}.\n")
        return 1
    for pid in tree:
        sys.stdout.write(f"{held[pid] / 1000:7.1f} MB  {pid:>8}  {describe(pid)}\n")
    sys.stdout.write(f"{sum(held.values()) / 1000:7.1f} MB  in {len(tree)} processes\n")
    return 0


def list_tree(root: int) -> list[int]:
    """Return a process and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            # The name stands in brackets, and may itself contain some.
            fields = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    tree, waiting = [], [root]
    while waiting:
        tree.append(waiting.pop())
        waiting += sorted(children.get(tree[-1], []), reverse=True)
    return tree


def read_pss(pid: int) -> float:
    """Return the proportional set size of a process in thousands of bytes."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1.024


def describe(pid: int) -> str:
    """Return the name of a process, and its command line without the interpreter."""
    name = (PROC / str(pid) / "comm").read_text().strip()
    words = (PROC / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    return f"{name:12} {' '.join(words[1:])[:80]}"


if __name__ == "__main__":
    sys.exit(main())
