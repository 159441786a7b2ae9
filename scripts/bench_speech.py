"""Measure the cost of speech synthesis: memory of a dedicated process, and CPU time.

Each figure is a ratio: of the 1.2 GB that a worker may use, or of the audio's length.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog.audio.tts.engine import RATE, TTSEngine
from catalog.audio.tts.styles import load_style
from catalog.audio.tts.weights import prepare_weights

MOST_BYTES = 1.2e9
SENTENCE = "The old clock in the hallway strikes twelve while the rain keeps falling outside."
# Without a period, so it is split into pieces of maximum length.
LONGEST = "and so the road went on along the river and over the hills, " * 9


def main() -> None:
    """Synthesize a sentence, then the longest piece repeatedly, and print the costs."""
    with tempfile.TemporaryDirectory() as folder:
        engine = TTSEngine(prepare_weights(Path(folder)))
        style = load_style("af_heart")
        _show("memory once loaded, share of 1.2 GB", _memory())
        for text, name in ((SENTENCE, "a sentence"), (LONGEST, "the longest piece")):
            engine.speak(text, style)
            started = time.process_time()
            samples = engine.speak(text, style)
            taken = time.process_time() - started
            _show(f"processor time for {name}, times its length", taken * RATE / len(samples))
        for name in ("af_bella", "bm_george", "am_puck"):
            engine.speak(LONGEST, load_style(name))
        _show("peak of memory after five of these, share of 1.2 GB", _memory())


def _memory() -> float:
    # In kilobytes on Linux.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MOST_BYTES


def _show(name: str, figure: float) -> None:
    print(f"{name}: {figure:.2f}")


if __name__ == "__main__":
    main()
