"""Benchmark browsing at several sizes, and print each figure next to its floor or peer.

    python scripts/bench [10000 100000 1000000]

Catalogs are generated once and kept in var/bench. Every figure is a ratio of CPU times within this
run, except the web server's requests per second. All sizes are measured three times in turn, and
the best of each figure counts: a shared machine is slow for minutes at a time, which would affect
one size only.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SIZES = [10_000, 100_000]
ROUNDS = 3
# For these, the highest value counts.
HIGHEST = {"requests", "unseen", "memory"}
BUILD_INDEXES = """
import django
django.setup()
from catalog.jobs.searches.index import build_index, list_scopes
from catalog.search.index.cache import read_versions
from catalog.search.index.snapshots import read_snapshot_versions
for teams in list_scopes():
    if read_snapshot_versions(teams) != (read_versions(teams) or None):
        build_index(teams)
"""


def run(size: int, *command: str) -> str:
    """Run one of our programs on the catalog of one size."""
    environment = {
        **os.environ,
        "VOICEBOARD_DATA_DIR": str(ROOT / "var" / "bench" / str(size)),
        "VOICEBOARD_DEMO": "1",
        "VOICEBOARD_DEMO_PASSWORD": "for measuring only",
        "DJANGO_SETTINGS_MODULE": "settings_of_bench",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def prepare(size: int) -> None:
    """Generate the catalog unless it is complete."""
    whole = ROOT / "var" / "bench" / str(size) / "whole"
    if not whole.exists():
        shutil.rmtree(whole.parent, ignore_errors=True)
    run(size, "manage.py", "prepare")
    run(size, "manage.py", "collectstatic", "--noinput", "-v0")
    if not whole.exists():
        run(size, "manage.py", "generate_voices", "--count", str(size), "--team", "Aurora")
        whole.touch()
    # Restore the index after changes made by the previous measurement.
    run(size, "-c", BUILD_INDEXES)


def pick_best(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge several measurements into one with the best value of each figure."""
    return {
        name: pick_best([each[name] for each in rounds])
        if isinstance(first, dict)
        else (max if name in HIGHEST else min)(each[name] for each in rounds)
        for name, first in rounds[0].items()
    }


def ratio(one: float, other: float) -> str:
    """Format the ratio of two numbers."""
    value = one / other
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def list_figures(found: dict[str, Any], smallest: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the printed rows for one size: figure, goal, and result."""
    fresh, again = found["filter"]["median"], found["again"]["median"]
    first, changes, server = smallest["filter"]["median"], found["changes"], found["server"]
    index, landing = found["index"]["median"], found["landing"]["median"]
    words, admin = found["words"]["median"], found["admin"]["median"]
    pages = found["deep page"]["median"], found["page 1"]["median"]
    return [
        ("filter request / the same in the smallest catalog", "at most 1.4", ratio(fresh, first)),
        (
            "the same, with cached cards",
            "at most 1.4",
            ratio(again, smallest["again"]["median"]),
        ),
        (
            "Django admin, six filters and facets / filter request",
            "at least 60, and 600 in a million",
            ratio(admin, fresh),
        ),
        ("the same, with cached cards", "none", ratio(admin, again)),
        (
            "index alone / scan of packed columns in C",
            "at most 1",
            ratio(index, found["scan"]["median"]),
        ),
        ("the same, 95th percentiles", "none", ratio(found["index"]["p95"], found["scan"]["p95"])),
        (
            "SQL alone / index alone, words and filters",
            "none",
            ratio(found["sql"]["median"], words),
        ),
        (
            "brief of several words / filter request",
            "at most 1",
            ratio(found["brief"]["median"], fresh),
        ),
        (
            "the same / filter request that finds as many voices",
            "at most 1",
            ratio(found["brief"]["median"], found["as many"]["median"]),
        ),
        (
            "typing, 95th percentile / landing page",
            "at most 2",
            ratio(found["typing"]["p95"], landing),
        ),
        ("page 10,000, or the last / page 1", "at most 1.2", ratio(*pages)),
        ("unchanged page (304) / 1 ms", "at most 1", ratio(found["304"]["median"], 1)),
        ("updating 1,000 changed rows / 50 ms", "at most 1", ratio(changes["changed rows"], 50)),
        ("updating one changed row / filter request", "none", ratio(changes["changed row"], again)),
        (
            "web server: signed-in filter requests per second / 500",
            "at least 1 in 100,000",
            ratio(server["requests"], 500),
        ),
        ("the same: CPU of 500 per second / two cores", "at most 1", ratio(500 * server["cpu"], 2)),
        ("the same: of 40 requests after a star, those without it", "0", f"{server['unseen']}"),
        ("the same: memory of a process / 250 MB", "at most 1", ratio(server["memory"], 250)),
    ]


def main() -> None:
    """Measure all sizes and print a table."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    rounds: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    for _ in range(ROUNDS):
        for size in sizes:
            prepare(size)
            said = run(size, str(HERE / "measure.py")).splitlines()[-1]
            rounds[size].append(json.loads(said))
    found = {size: pick_best(rounds[size]) for size in sizes}
    rows = [list_figures(found[size], found[sizes[0]]) for size in sizes]
    print_table([[f"{size:,}" for size in sizes], *zip(*rows, strict=True)], sizes)


def print_table(rows: list[Any], sizes: list[int]) -> None:
    """Print the figures as a Markdown table, with their goals."""
    lines = [f"| figure | aimed at | {' | '.join(rows[0])} |", "|---" * (len(sizes) + 2) + "|"]
    for figures in rows[1:]:
        name, goal, _ = figures[0]
        lines.append(f"| {name} | {goal} | {' | '.join(value for *_, value in figures)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
