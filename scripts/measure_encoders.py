"""Measure how well the encoders distinguish speakers: equal error rate, and nearest neighbors.

python scripts/measure_encoders.py --speech FOLDER
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from catalog.audio.embeddings.encoders import Encoder, campplus, ge2e, voicefilter
from catalog.audio.embeddings.mel_spectrogram import Wave
from scripts.speakers import FOLDER, PIECE_SECONDS, SPEAKERS, read_speakers

NAMES = {speaker.slug: speaker.name for speaker in SPEAKERS}


def equal_error_rate(same: Wave, other: Wave) -> tuple[float, float]:
    """Return the equal error rate and its threshold."""
    thresholds = np.unique(np.concatenate([same, other]))
    refused = np.searchsorted(np.sort(same), thresholds) / same.size
    accepted = 1 - np.searchsorted(np.sort(other), thresholds) / other.size
    at = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[at] + accepted[at]) / 2), float(thresholds[at])


def measure(encoder: Encoder, speakers: dict[str, list[Wave]]) -> str:
    """Return one line of results."""
    slugs = [slug for slug, pieces in speakers.items() for _ in pieces]
    names = np.array([NAMES[slug] for slug in slugs])
    channels = np.array(slugs)
    started = time.process_time()
    found = np.stack([encoder.embed(piece) for pieces in speakers.values() for piece in pieces])
    per_minute = (time.process_time() - started) / len(slugs) * 60 / PIECE_SECONDS
    scores = found @ found.T
    pairs = np.triu(np.ones_like(scores, dtype=bool), 1)
    same = pairs & (channels[:, None] == channels)
    other = pairs & (names[:, None] != names)
    rate, threshold = equal_error_rate(scores[same], scores[other])
    np.fill_diagonal(scores, -1)
    right = int((names[scores.argmax(1)] == names).sum())
    return (
        f"{encoder.slug}: equal error rate {100 * rate:.2f} % at {threshold:.3f};"
        f" nearest piece is the same person's for {right} of {len(slugs)};"
        f" {per_minute:.2f} CPU seconds a minute"
    )


def main() -> None:
    """Print the results of all encoders on all speakers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=FOLDER, help="where the packages lie")
    speakers = read_speakers(parser.parse_args().speech)
    sys.stdout.write(f"{len(speakers)} recordings, pieces of {PIECE_SECONDS} s\n")
    for encoder in (ge2e(), campplus(), voicefilter()):
        sys.stdout.write(f"{measure(encoder, speakers)}\n")


if __name__ == "__main__":
    main()
