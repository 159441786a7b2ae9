"""Make external text safe to store and show: no harmful invisible characters, no secrets."""

import base64
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# These reorder the surrounding text, including the page's own.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHORTEST_SECRET = 4


def clean_line(text: str, limit: int) -> str:
    """Return the text on one line, without control characters, truncated to ``limit``."""
    return _keep_visible(" ".join(clean_text(text, limit * 4).split())[:limit])


def clean_text(text: str, limit: int) -> str:
    """Return the text with its lines, without control characters, truncated to ``limit``."""
    # Truncate first, so that a megabyte of text isn't processed character by character.
    text = text[: limit * 4].replace("\r\n", "\n").replace("\r", "\n")
    # Nearly every text is plain, and a sync of a large account sanitizes a million of them.
    is_plain = text.replace("\n", "").isprintable()
    kept = text if is_plain else "".join(_shown(letter) for letter in text)
    return _keep_visible(_BLANK_LINES.sub("\n\n", _SPACES.sub(" ", kept)).strip()[:limit])


def _shown(letter: str) -> str:
    if letter == "\n" or letter.isprintable():
        return letter
    if letter in _BIDI_CONTROLS:
        return ""
    # Many scripts need joiners, and characters unknown to this Python are probably new emoji.
    return letter if unicodedata.category(letter) in ("Cf", "Cn") else " "


def _keep_visible(text: str) -> str:
    """Return "" for a text of only joiners and spaces."""
    if text.isascii():
        return text.rstrip()
    is_visible = any(unicodedata.category(letter) not in ("Cf", "Zs", "Cc") for letter in text)
    return text.rstrip() if is_visible else ""


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret removed, including its common encodings."""
    for secret in secrets:
        if len(secret) < _SHORTEST_SECRET:
            continue
        encoded = base64.b64encode(secret.encode()).decode()
        for shape in (secret, quote(secret, safe=""), encoded.rstrip("="), secret.encode().hex()):
            text = re.sub(re.escape(shape), "[key]", text, flags=re.IGNORECASE)
    return text
