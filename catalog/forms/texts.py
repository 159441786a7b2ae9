"""Texts that people type: what cannot be seen is dropped, what would mislead is refused."""

from django import forms

from catalog.providers.marking import find_markers

_BIDI = {chr(mark) for mark in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}


def clean_words(text: str, complaint: str) -> str:
    """Return what can be seen of a text; raises ValidationError where nothing can be read."""
    cleaned = strip_marks(text)
    if not any(mark.isalnum() for mark in cleaned):
        raise forms.ValidationError(complaint)
    return cleaned


def refuse_marker(text: str) -> str:
    """Return the text; raises ValidationError for one that looks like a marker of ours."""
    # A clone is found again by its marker, so nobody may write one that is not theirs.
    if found := find_markers(text):
        raise forms.ValidationError(f"Leave out “{found[0]}”: Voiceboard marks its clones so.")
    return text


def strip_marks(text: str) -> str:
    """Drop what cannot be seen: control characters and marks that turn the text around."""
    return "".join(mark for mark in text if mark.isprintable() and mark not in _BIDI).strip()
