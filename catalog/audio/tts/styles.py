"""Styles, which determine how the model sounds: stock voices and blends of them."""

import functools
import hashlib
import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.audio.tts.errors import TTSUnavailable

# One row of 256 numbers per text length in phonemes.
STYLE_SHAPE = (510, 256)
Style = NDArray[np.float32]

_FILE = Path(__file__).with_name("data") / "styles.npy"
_NAMES = Path(__file__).with_name("data") / "styles.json"


@functools.cache
def style_names() -> tuple[str, ...]:
    """Return the ids of the stock styles, in the order of ``stock_styles``."""
    return tuple(json.loads(_NAMES.read_text())["names"])


@functools.cache
def stock_styles() -> NDArray[np.float32]:
    """Return the stock styles, read-only, as [voice, length, value]; raises TTSUnavailable."""
    try:
        content = _FILE.read_bytes()
    except OSError as exc:
        raise TTSUnavailable(f"The speech engine's voices are missing: {exc}.") from None
    if hashlib.sha256(content).hexdigest() != json.loads(_NAMES.read_text())["sha256"]:
        raise TTSUnavailable(
            f"{_FILE} is damaged: its SHA-256 is wrong. Restore it from the release."
        )
    stored: NDArray[np.float16] = np.load(io.BytesIO(content), allow_pickle=False)
    styles = stored.astype(np.float32)
    styles.setflags(write=False)
    return styles


def load_style(name: str) -> Style:
    """Return the style of a stock voice, such as ``af_heart``; raises KeyError."""
    if name not in style_names():
        raise KeyError(name)
    style: Style = stock_styles()[style_names().index(name)]
    return style


def blend_styles(weights: NDArray[np.floating]) -> Style:
    """Return the weighted sum of the stock styles; one weight per style, in order.

    With weights that add up to 1, the result stays among voices that the model can produce.
    """
    if weights.shape != (len(style_names()),):
        raise ValueError(f"A blend needs {len(style_names())} weights.")
    blended: Style = np.tensordot(weights.astype(np.float32), stock_styles(), 1)
    return check_style(blended)


def check_style(style: NDArray[np.floating]) -> Style:
    """Return the style as the engine needs it; raises ValueError if it is invalid."""
    if style.shape != STYLE_SHAPE or not np.isfinite(style).all():
        raise ValueError("A style is 510 rows of 256 finite numbers.")
    return np.ascontiguousarray(style, np.float32)
