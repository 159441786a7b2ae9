"""Model files: checked against their hashes before ONNX Runtime may read them."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FOLDER = Path(__file__).parent / "weights"


class WrongWeights(Exception):
    """A model's file is not the one that was vendored; the message names it."""


def open_model(path: Path, sha256: str) -> "InferenceSession":
    """Return a session of one thread over the model; raises WrongWeights."""
    # Loaded on use: a process that only imports this module must not carry the runtime.
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # What one run took is given back: kept for good, a minute of speech takes half a gigabyte.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        read_checked(path, sha256), options, providers=["CPUExecutionProvider"]
    )


def read_checked(path: Path, sha256: str) -> bytes:
    """Return the file's content if it has exactly this hash; raises WrongWeights."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise WrongWeights(f"{path.name} cannot be read. Install Voiceboard again.") from exc
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WrongWeights(
            f"{path.name} is not the file that belongs here: its hash differs."
            " Install Voiceboard again."
        )
    return content
