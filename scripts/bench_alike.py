"""Benchmark finding similar voices: `python scripts/bench_alike.py --voices 100000`.

Uses random vectors in a temporary database; the floor is the plain dot product in NumPy.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

_ROUNDS = 15


def fill(count: int) -> None:
    """Create a team with voices and embeddings."""
    from catalog.audio.embeddings.nearest_neighbors import ENCODER, SIZE
    from catalog.models import Voice, VoiceEmbedding
    from tests import factories

    random = np.random.default_rng(1)
    account = factories.make_account(factories.Team.objects.create(name="Many"))
    genders = ("female", "male", "neutral", "unknown")
    for start in range(0, count, 5000):
        rows = Voice.objects.bulk_create(
            Voice(
                account=account,
                provider=account.provider,
                remote_id=f"voice{number}",
                name=f"Voice {number}",
                gender=genders[number % 4],
                # One in a thousand, for a selective filter.
                age="old" if number % 1000 == 0 else "young",
                sort_name=f"voice {number}",
                added_at=factories.NOW,
                changed_at=factories.NOW,
            )
            for number in range(start, min(start + 5000, count))
        )
        found = random.standard_normal((len(rows), SIZE)).astype(np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        VoiceEmbedding.objects.bulk_create(
            VoiceEmbedding(
                voice=row,
                clip_path="x",
                encoder=ENCODER,
                vector=direction.astype("<f2").tobytes(),
                made_at=factories.NOW,
            )
            for row, direction in zip(rows, found, strict=True)
        )


def take_time(work: Callable[[], object]) -> float:
    """Return the median CPU milliseconds of several rounds after a warm-up."""
    work()
    taken = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - started))
    return statistics.median(taken)


def main() -> None:
    """Fill a database, and print each case with its ratio to the floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=int, default=100_000)
    count = parser.parse_args().voices
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VOICEBOARD_DATA_DIR"] = folder
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/voices.sqlite3"
        django.setup()
        measure(count)


def measure(count: int) -> None:
    """Print the figures for this number of voices."""
    from django.core.management import call_command

    from catalog.audio.embeddings.nearest_neighbors import SIZE
    from catalog.queries.searches.filters import VoiceFilter
    from catalog.queries.similarity import find_similar
    from tests import factories

    call_command("migrate", verbosity=0)
    fill(count)
    team = factories.Team.objects.get()
    user = factories.make_user("Ana", team)
    target = factories.make_direction(1, 2, 3)
    bare = np.random.default_rng(2).standard_normal((count, SIZE)).astype(np.float32)
    floor = take_time(lambda: bare @ target)
    sys.stdout.write(f"{count} voices; the bare product takes {floor:.1f} ms\n")
    for name, chosen in {
        "all voices": {},
        "a filter that leaves a quarter": {"gender": ("female",)},
        "a filter that leaves one in a thousand": {"age": ("old",)},
    }.items():
        wanted = VoiceFilter(chosen=chosen)
        taken = take_time(lambda wanted=wanted: find_similar(user, wanted, target))
        sys.stdout.write(f"{name}: {taken:.0f} ms, {taken / floor:.1f} times the product\n")


if __name__ == "__main__":
    main()
