"""Evaluate voice match on real speakers: `python scripts/measure_match.py [SPEAKER …]`.

Half of a speaker's recordings are the sample. The result is judged on the other half, with
sentences not used in the search, by VoiceFilter, which isn't part of the search either.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from catalog.audio.embeddings.encoders import Encoder, ge2e, point, voicefilter
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE
from catalog.audio.matching.search import VoiceMatch, match_voice
from catalog.audio.matching.table import Weights
from catalog.audio.tts.engine import RATE as SPEECH_RATE
from catalog.audio.tts.engine import TTSEngine
from catalog.audio.tts.styles import blend_styles, style_names
from catalog.audio.tts.weights import prepare_weights
from scripts.make_match_table import WEIGHTS_FOLDER
from scripts.speakers import FOLDER, SPEAKERS, TARGETS, read_speakers

UNHEARD = (
    "He bought three green apples and walked slowly home along the river.",
    "Whatever happens tomorrow, we should remember how bright the morning was.",
)
NAMES = {speaker.slug: speaker.name for speaker in SPEAKERS}


class Trial:
    """All speakers' embeddings for the judges, and the engine for the trial syntheses."""

    def __init__(self, speakers: dict[str, list[Wave]], weights: Path) -> None:
        self.speakers = speakers
        self._engine = TTSEngine(prepare_weights(weights), threads=1)
        self._judged = {
            encoder.slug: {slug: self._hear(encoder, slug) for slug in speakers}
            for encoder in (ge2e(), voicefilter())
        }

    def _hear(self, encoder: Encoder, slug: str) -> Wave:
        pieces = self.speakers[slug]
        kept = pieces[len(pieces) // 2 :] if slug in TARGETS else pieces
        return point(np.mean([encoder.embed(piece) for piece in kept], axis=0))

    def speak(self, text: str, weights: Weights) -> tuple[Wave, int]:
        return self._engine.speak(text, blend_styles(weights)), SPEECH_RATE

    def match(self, slug: str) -> VoiceMatch:
        pieces = self.speakers[slug]
        sample = np.concatenate(pieces[: len(pieces) // 2])
        return match_voice(sample, RATE, self.speak, lambda progress: None)

    def judge(self, slug: str, weights: Weights) -> tuple[float, float, int]:
        """Return GE2E's and VoiceFilter's similarity, and the true speaker's rank by the latter."""
        sound = np.concatenate([self.speak(text, weights)[0] for text in UNHEARD])
        near = {
            encoder.slug: {
                name: float(encoder.embed(sound, SPEECH_RATE) @ heard)
                for name, heard in self._judged[encoder.slug].items()
            }
            for encoder in (ge2e(), voicefilter())
        }
        independent = near["voicefilter"]
        others = [score for name, score in independent.items() if NAMES[name] != NAMES[slug]]
        rank = 1 + sum(score > independent[slug] for score in others)
        return near["ge2e"][slug], independent[slug], rank


def main() -> None:
    """Match each speaker, and print the results for the match and the closest stock voice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("speakers", nargs="*", default=TARGETS)
    parser.add_argument("--speech", type=Path, default=FOLDER)
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args()
    trial = Trial(read_speakers(options.speech), options.weights)
    figures = []
    for slug in options.speakers:
        started = time.process_time()
        match = trial.match(slug)
        seconds = time.process_time() - started
        stock = np.eye(len(style_names()), dtype=np.float32)[style_names().index(match.nearest)]
        before, after = trial.judge(slug, stock), trial.judge(slug, match.weights)
        figures.append((*before, *after, seconds))
        sys.stdout.write(
            f"{slug}: stock {match.nearest} {before[0]:.3f} / {before[1]:.3f} / {before[2]},"
            f" match {after[0]:.3f} / {after[1]:.3f} / {after[2]},"
            f" {match.tries} tries, {seconds:.0f} CPU s\n"
        )
        sys.stdout.flush()
    mean = np.mean(figures, axis=0)
    first = sum(row[5] == 1 for row in figures)
    sys.stdout.write(
        f"mean: stock {mean[0]:.3f} / {mean[1]:.3f}, match {mean[3]:.3f} / {mean[4]:.3f},"
        f" first {first} of {len(figures)}, {mean[6]:.0f} CPU s\n"
    )


if __name__ == "__main__":
    main()
