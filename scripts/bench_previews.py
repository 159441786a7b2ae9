"""Benchmark analyzing previews on one core: `python scripts/bench_previews.py --previews 100`.

Each preview is an MP3 of 5 s. Its waveform is measured and its embedding computed, as a worker
does it; fetching it is not included.
"""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

_SECONDS = 5.0
_MANY, _GOAL = 1700, 15 * 60  # previews, and seconds of one core


def main() -> None:
    """Print the CPU time of one preview, and of 1,700 as a share of 15 minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--previews", type=int, default=100)
    count = parser.parse_args().previews
    django.setup()
    from catalog.audio.decode import PEAK_COUNT, decode_audio, decode_sound, find_peaks
    from catalog.audio.embeddings.encoders import ge2e
    from catalog.audio.embeddings.waveform import RATE
    from catalog.audio.formats import FORMATS
    from tests.sounds import encode_sound, speak

    kind, content = FORMATS["mp3"], encode_sound("mp3", _SECONDS, speak)

    def analyze() -> None:
        find_peaks(decode_sound(content, kind, max_seconds=600), PEAK_COUNT)
        ge2e().embed(*decode_audio(content, kind, max_seconds=600, rate=RATE))

    analyze()  # loads the encoder
    start = time.process_time()
    for _ in range(count):
        analyze()
    each = (time.process_time() - start) / count
    print(f"CPU time of one preview: {each:.3f} s")
    print(f"CPU time of {_MANY:,} previews / 15 minutes: {each * _MANY / _GOAL:.2f}")


if __name__ == "__main__":
    main()
