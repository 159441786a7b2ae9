"""Model files, verified by hash before ONNX Runtime loads them."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FOLDER = Path(__file__).parent / "weights"


class WrongWeights(Exception):
    """A model file isn't the vendored one; the message names it."""


def open_model(path: Path, sha256: str) -> "InferenceSession":
    """Return a single-threaded session for the model; raises WrongWeights."""
    # Imported here so that other users of this module don't load the runtime.
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Release memory after each run; the arena would keep half a gigabyte for a minute of speech.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        read_checked(path, sha256), options, providers=["CPUExecutionProvider"]
    )


def read_checked(path: Path, sha256: str) -> bytes:
    """Return the file's content if its hash matches; raises WrongWeights."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise WrongWeights(f"{path.name} can't be read. Reinstall Voiceboard.") from exc
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WrongWeights(f"{path.name} is damaged: its hash is wrong. Reinstall Voiceboard.")
    return content
