import json

import numpy as np
import pytest

from catalog.audio.tts import styles
from catalog.audio.tts.errors import TTSUnavailable
from catalog.audio.tts.styles import STYLE_SHAPE, blend_styles, check_style, load_style, style_names


def test_every_stock_voice_has_a_different_style() -> None:
    loaded = [load_style(name) for name in style_names()]

    assert len(loaded) == 54
    assert {style.shape for style in loaded} == {STYLE_SHAPE}
    assert len({style.tobytes() for style in loaded}) == 54


def test_a_blend_of_one_voice_is_that_voice() -> None:
    weights = np.zeros(54)
    weights[style_names().index("bm_george")] = 1

    assert np.allclose(blend_styles(weights), load_style("bm_george"), atol=1e-5)


def test_an_unknown_voice_raises_key_error() -> None:
    with pytest.raises(KeyError):
        load_style("xx_nobody")


@pytest.mark.parametrize("bad", [np.zeros((510, 255)), np.full(STYLE_SHAPE, np.nan)])
def test_an_invalid_style_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="510 rows"):
        check_style(bad)


def test_a_damaged_styles_file_is_refused(tmp_path, monkeypatch) -> None:
    names = tmp_path / "styles.json"
    names.write_text(json.dumps({"names": ["one"], "sha256": "0" * 64}))
    monkeypatch.setattr(styles, "_NAMES", names)
    monkeypatch.setattr(styles, "stock_styles", styles.stock_styles.__wrapped__)

    with pytest.raises(TTSUnavailable, match="damaged"):
        styles.stock_styles()
