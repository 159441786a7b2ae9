"""The engine, loaded once for all tests that generate speech."""

from pathlib import Path

import pytest

from catalog.audio.tts.engine import TTSEngine, load_engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TTSEngine:
    folder: Path = tmp_path_factory.mktemp("speech")
    return load_engine(folder)
