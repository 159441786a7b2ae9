"""Real speech from the Debian package pocketsphinx-testdata, which is not shipped."""

import os
from pathlib import Path

import numpy as np
import pytest

from catalog.audio.decode import decode_audio
from catalog.audio.embeddings.waveform import RATE
from catalog.audio.formats import AudioFormat

_SPEECH = Path("/usr/share/pocketsphinx/test/data")
_WAV = AudioFormat("wav", "WAV", "audio/wav", "wav")


def _read(pattern: str) -> list[np.ndarray]:
    paths = sorted(_SPEECH.glob(pattern))
    if not paths and not os.environ.get("CI"):
        pytest.skip("needs real speech: apt-get install pocketsphinx-testdata")
    return [decode_audio(path.read_bytes(), _WAV, max_seconds=60, rate=RATE)[0] for path in paths]


@pytest.fixture(scope="session")
def reader() -> list[np.ndarray]:
    """Somebody reads a novel aloud: four recordings of some seconds each."""
    return _read("librivox/*.wav")


@pytest.fixture(scope="session")
def caller() -> np.ndarray:
    """Somebody else calls out cards."""
    return np.concatenate(_read("cards/*.wav"))
