"""Text input: invisible characters are removed, misleading ones rejected."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from catalog.providers.idempotency_marker import find_markers
from catalog.providers.key_formats import holds_key, list_words
from catalog.queries.credentials import is_stored_key

KEY_IS_NO_TEXT = "This looks like an API key. Remove it here, and add keys only on the Keys page."

_BIDI = {chr(mark) for mark in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}


class KeylessMixin(forms.BaseForm):
    """Rejects API keys in all fields that aren't for secrets, and never shows them again."""

    def full_clean(self) -> None:
        """Clean all fields; a field that holds a key is emptied first."""
        found = [name for name in self.fields if self.is_bound and self._has_key(name)]
        for name in found:
            self._empty(self.add_prefix(name))
        super().full_clean()
        for name in found:
            self.errors.pop(name, None)
            self.add_error(name, KEY_IS_NO_TEXT)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        """Return what the field starts with; text that looks like a key is left out."""
        value = super().get_initial_for_field(field, field_name)
        is_key = isinstance(value, str) and contains_key(value, is_text=False)
        return "" if is_key else value

    def _has_key(self, name: str) -> bool:
        field = self.fields[name]
        if isinstance(field.widget, forms.PasswordInput):
            return False
        is_text = isinstance(field, forms.CharField)
        words = self._read(self.add_prefix(name))
        return any(contains_key(word, is_text=is_text) for word in words)

    def _read(self, name: str) -> list[str]:
        if name in self.files:
            return [file.name or "" for file in _list_all(self.files, name)]
        return [word for word in _list_all(self.data, name) if isinstance(word, str)]

    def _empty(self, name: str) -> None:
        if name in self.files:
            self.files = MultiValueDict(
                {each: _list_all(self.files, each) for each in self.files if each != name}
            )
            return
        values: Any = self.data.copy()  # type: ignore[attr-defined]
        values[name] = ""
        self.data = values


class KeylessForm(KeylessMixin, forms.Form):
    """Base class of all forms; see KeylessMixin."""


def _list_all(values: Any, name: str) -> list[Any]:
    return values.getlist(name) if hasattr(values, "getlist") else [values.get(name)]


def contains_key(text: str, *, is_text: bool = True) -> bool:
    """Return whether the text holds something that looks like a key, or a key stored here.

    With ``is_text`` false, for ids and choices, stored keys are not looked for: those values are
    compared with known ones anyway.
    """
    return holds_key(text) or (is_text and is_stored_key(list_words(text)))


def complaint_about(form: forms.BaseForm, otherwise: str) -> str:
    """Return the message about an API key if a field holds one, otherwise ``otherwise``."""
    said = [str(words) for found in form.errors.values() for words in found]
    return KEY_IS_NO_TEXT if KEY_IS_NO_TEXT in said else otherwise


def clean_words(text: str, complaint: str) -> str:
    """Return the visible text; raises ValidationError with ``complaint`` if it has no letters."""
    cleaned = strip_marks(text)
    if not any(mark.isalnum() for mark in cleaned):
        raise forms.ValidationError(complaint)
    return cleaned


def refuse_marker(text: str) -> str:
    """Return the text; raises ValidationError if it contains a marker of one of our clones."""
    # Clones are found by their marker, so users must not be able to enter one.
    if found := find_markers(text):
        raise forms.ValidationError(f"Remove “{found[0]}”. Voiceboard reserves such text.")
    return text


def strip_marks(text: str) -> str:
    """Remove control characters and characters that change the direction of the text."""
    return "".join(mark for mark in text if mark.isprintable() and mark not in _BIDI).strip()
