"""Texts to read aloud into the microphone: half a minute each, in the languages cloned most."""

import json
from dataclasses import dataclass
from pathlib import Path

from catalog.providers.labels import language_label


@dataclass(frozen=True, slots=True)
class ReadingText:
    """One text with the BCP 47 tag of its language; Arabic and Hebrew run from the right."""

    language: str
    text: str

    @property
    def label(self) -> str:
        """The language in English."""
        return language_label(self.language)


_TEXTS: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
READINGS = [ReadingText(language, text) for language, text in _TEXTS.items()]
