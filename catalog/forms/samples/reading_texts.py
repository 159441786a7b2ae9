"""Texts to read aloud for a recording, about 30 seconds each, in the languages cloned most."""

import json
from dataclasses import dataclass
from pathlib import Path

from catalog.providers.labels import language_label


@dataclass(frozen=True, slots=True)
class ReadingText:
    """A text and its language (BCP 47); Arabic and Hebrew are written right to left."""

    language: str
    text: str

    @property
    def label(self) -> str:
        """The name of the language in English."""
        return language_label(self.language)


_TEXTS: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
READINGS = [ReadingText(language, text) for language, text in _TEXTS.items()]
