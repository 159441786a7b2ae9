"""Create catalog/audio/matching/table.npz: features of synthesized stock voices and blends.

For maintainers; the result is vendored. Takes about 10 minutes on one core. The same seed results
in the same table, except for rounding differences between processors.
"""

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from catalog.audio.matching.features import listen
from catalog.audio.matching.search import SPOKEN
from catalog.audio.matching.table import FILE, Weights
from catalog.audio.tts.engine import RATE, load_engine
from catalog.audio.tts.styles import blend_styles, stock_styles, style_names

BLENDS = 250
SEED = 1
WEIGHTS_FOLDER = Path(tempfile.gettempdir()) / "voiceboard-weights"
# The rows of a style for texts of typical length.
_USUAL = slice(20, 140)
# The number of main axes of variation used for random steps.
_AXES = 24


def find_axes() -> tuple[Weights, Weights]:
    """Return the coordinates of each stock voice, and the axes as sums of voices."""
    styles = stock_styles()[:, _USUAL].mean(axis=1)
    axes, lengths, _ = np.linalg.svd(styles - styles.mean(axis=0), full_matrices=False)
    places = axes[:, :-1] * lengths[:-1]
    places /= np.sqrt(np.square(places).sum(axis=1).mean())
    return places.astype(np.float32), axes[:, :_AXES] / np.sqrt(len(axes))


def draw_blends(axes: Weights) -> Weights:
    """Return weights for each stock voice alone, then for random blends of one to four."""
    random, count = np.random.default_rng(SEED), len(axes)
    rows = list(np.eye(count))
    for _ in range(BLENDS):
        members = random.integers(1, 5)
        chosen = random.choice(count, members, replace=False)
        row = np.zeros(count)
        # Some go beyond the voices between which they lie.
        row[chosen] = random.dirichlet(np.ones(members)) * (1 if random.random() < 0.6 else 1.25)
        row += axes @ (random.standard_normal(_AXES) * 0.35)
        rows.append(row + (1 - row.sum()) / count)
    return np.array(rows, np.float32)


def main() -> None:
    """Synthesize and measure every row, and print the hash for ``table.py``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FOLDER)
    parser.add_argument("--to", type=Path, default=FILE)
    options = parser.parse_args()
    engine = load_engine(options.weights)
    places, axes = find_axes()
    blends = draw_blends(axes)
    heard = []
    for row in blends:
        heard.append(listen(engine.speak(SPOKEN, blend_styles(row)), RATE))
        sys.stdout.write(f"\r{len(heard)} of {len(blends)}")
        sys.stdout.flush()
    names = style_names()
    np.savez(
        options.to,
        names=np.array(names),
        places=places,
        weights=blends.astype(np.float16),
        heard=np.array(heard, np.float16),
    )
    sys.stdout.write(f"\n{options.to}: {hashlib.sha256(options.to.read_bytes()).hexdigest()}\n")


if __name__ == "__main__":
    main()
