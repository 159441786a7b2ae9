"""The marker stored with a clone at its provider, to find it again after a lost response."""

import hashlib
import re
from base64 import b32encode

# Voiceboard's markers are words of this form; they are created when a clone is requested.
_MARK = re.compile(r"vb\d+:[0-9a-z]+:[0-9a-z]+")
_SHORT_MARK = re.compile(r"(.*?)\s*·([a-z2-7]{8})([a-z2-7]{2})\s*", re.DOTALL)
# A space, a dot, and 10 characters, of which the last 2 are a checksum.
SHORT_MARK_LENGTH = 12


def add_marker(text: str, marker: str, limit: int) -> str:
    """Return the text with the marker as its last line; truncates the text, never the marker."""
    if not marker:
        return text[:limit].strip()
    room = limit - len(marker) - 2
    return f"{text.strip()[: max(0, room)].strip()}\n\n{marker}".strip()


def find_markers(text: str) -> list[str]:
    """Return the words of the text that are Voiceboard markers."""
    return [word for word in text.split() if _MARK.fullmatch(word)]


def has_marker(text: str, marker: str) -> bool:
    """Return whether the text contains the marker as a whole word."""
    return marker in text.split()


def add_short_marker(name: str, marker: str, limit: int) -> str:
    """Return the name followed by the marker's short form, for providers that only store names."""
    name = split_short_marker(name)[0].strip()
    if not marker:
        return name[:limit].strip()
    room = max(0, limit - SHORT_MARK_LENGTH)
    return f"{name[:room].strip()} ·{_shorten(marker)}".strip()


def split_short_marker(name: str) -> tuple[str, str]:
    """Return the user's part of a name, and the short marker that followed it."""
    found = _SHORT_MARK.fullmatch(name)
    if found is None or _prove(found[2]) != found[3]:
        return name, ""
    return found[1], found[2] + found[3]


def has_short_marker(name: str, marker: str) -> bool:
    """Return whether the name ends with the marker's short form."""
    return bool(marker) and split_short_marker(name)[1] == _shorten(marker)


def _shorten(marker: str) -> str:
    code = _digest(marker)[:8]
    return code + _prove(code)


def _prove(code: str) -> str:
    """Return the 2 checksum characters that distinguish our code from the user's own text."""
    return _digest(f"voiceboard {code}")[:2]


def _digest(text: str) -> str:
    return b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()
