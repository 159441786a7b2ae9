"""SVG paths: waveforms from stored peaks, and QR codes."""

from collections.abc import Sequence
from functools import lru_cache

import qrcode


def wave(peaks: Sequence[int]) -> str:
    """Return the SVG path of a waveform in a box of 256 by 32, with one bar per peak."""
    if not peaks:
        return ""
    places = _list_places(len(peaks))
    return "".join([place + _draw_bar(peak) for place, peak in zip(places, peaks, strict=True)])


@lru_cache(maxsize=256)
def _list_places(count: int) -> list[str]:
    step = 256 / count
    return [f"M{place * step + step / 2:g} " for place in range(count)]


@lru_cache(maxsize=1024)
def _draw_bar(peak: int) -> str:
    height = max(1.0, peak * 0.3)
    return f"{16 - height / 2:g}v{height:g}"


def qr_path(text: str) -> str:
    """Return the SVG path of a QR code with one unit per module; see ``qr_size``."""
    return "".join(
        f"M{column} {line}h1v1h-1z"
        for line, row in enumerate(_qr_rows(text))
        for column, is_dark in enumerate(row)
        if is_dark
    )


def qr_size(text: str) -> int:
    """Return the width and height of the QR code in modules."""
    return len(_qr_rows(text))


def _qr_rows(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    return rows
