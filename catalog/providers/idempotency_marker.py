"""The mark that a clone carries at its provider, so that it is found again after a lost answer."""

import hashlib
import re
from base64 import b32encode

# Voiceboard's marks are words of this form; see the service that asks for a clone.
_MARK = re.compile(r"vb\d+:[0-9a-z]+:[0-9a-z]+")
_SHORT_MARK = re.compile(r"(.*?)\s*·([a-z2-7]{8})([a-z2-7]{2})\s*", re.DOTALL)
# A space, a dot and ten characters, of which the last two only prove that we wrote it.
SHORT_MARK_LENGTH = 12


def add_marker(text: str, marker: str, limit: int) -> str:
    """Return the text with the marker as its last line; the text gives way, never the marker."""
    if not marker:
        return text[:limit].strip()
    room = limit - len(marker) - 2
    return f"{text.strip()[: max(0, room)].strip()}\n\n{marker}".strip()


def find_markers(text: str) -> list[str]:
    """Return the words of the text that are marks of Voiceboard."""
    return [word for word in text.split() if _MARK.fullmatch(word)]


def has_marker(text: str, marker: str) -> bool:
    """Tell whether the marker is a whole word of the text."""
    return marker in text.split()


def add_short_marker(name: str, marker: str, limit: int) -> str:
    """Return the name with the marker's short form behind it, for where only names are kept."""
    name = split_short_marker(name)[0].strip()
    if not marker:
        return name[:limit].strip()
    room = max(0, limit - SHORT_MARK_LENGTH)
    return f"{name[:room].strip()} ·{_shorten(marker)}".strip()


def split_short_marker(name: str) -> tuple[str, str]:
    """Return a name as a person wrote it, and the short form of the marker that was behind it."""
    found = _SHORT_MARK.fullmatch(name)
    if found is None or _prove(found[2]) != found[3]:
        return name, ""
    return found[1], found[2] + found[3]


def has_short_marker(name: str, marker: str) -> bool:
    """Tell whether the name ends with the marker's short form."""
    return bool(marker) and split_short_marker(name)[1] == _shorten(marker)


def _shorten(marker: str) -> str:
    code = _digest(marker)[:8]
    return code + _prove(code)


def _prove(code: str) -> str:
    """Return two characters that tell a code of ours from a word that somebody chose."""
    return _digest(f"voiceboard {code}")[:2]


def _digest(text: str) -> str:
    return b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()
