"""Sentences that a speaker reads aloud to agree, each with words that no earlier recording has."""

import json
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from catalog.providers.labels import language_label

# Five of at least 70 words: one of more than a billion sentences.
_WORD_COUNT = 5
_PHRASES: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
)
LANGUAGE_CHOICES = [(language, language_label(language)) for language in _PHRASES]


@dataclass(frozen=True, slots=True)
class SpokenPhrase:
    """What the speaker reads, and the random words in it."""

    text: str
    words: list[str]


def make_phrase(
    language: str, *, name: str, team: str, allowed_use: str, use_note: str, ends_on: date
) -> SpokenPhrase:
    """Return a new sentence in one of the languages of LANGUAGE_CHOICES."""
    parts = _PHRASES[language]
    words = secrets.SystemRandom().sample(parts["words"].split(), _WORD_COUNT)
    listed = str(parts["comma"]).join(words)
    text = str(parts["sentence"]).format(
        name=name,
        team=team,
        use=say_use(language, allowed_use, use_note),
        date=say_last_day(language, ends_on),
        words=listed[:1].upper() + listed[1:],
    )
    return SpokenPhrase(text, words)


def say_use(language: str, allowed_use: str, note: str) -> str:
    """Return an allowed use in the words of the sentences in this language."""
    return str(_PHRASES[language]["uses"][allowed_use]).format(note=note)


def say_last_day(language: str, day: date) -> str:
    """Return a day as the sentences in this language do."""
    parts = _PHRASES[language]
    month = str(parts["months"]).split()[day.month - 1]
    return str(parts["date"]).format(day=day.day, month=month, year=day.year)
