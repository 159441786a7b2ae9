"""The mark that a clone carries at its provider, so that it is found again after a lost answer."""

import re

# Voiceboard's marks are words of this form; see the service that asks for a clone.
_MARK = re.compile(r"vb\d+:[0-9a-z]+:[0-9a-z]+")


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
