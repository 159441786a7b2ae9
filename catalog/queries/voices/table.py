"""Voices as table rows with the chosen columns."""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.core.locales import say_day, say_decimal
from catalog.models import Voice
from catalog.queries.annotations import Marks
from catalog.queries.searches.filters import COLUMNS


@dataclass(frozen=True, slots=True)
class TableRow:
    """One voice with the text of its cells."""

    voice: Voice
    cells: list[str]


def tabulate_voices(voices: list[Voice], marks: Marks, columns: list[str]) -> list[TableRow]:
    """Return a row for each voice; an unknown value is an empty cell."""
    return [TableRow(voice, [_CELLS[name](voice, marks) for name in columns]) for voice in voices]


def name_columns(columns: list[str]) -> list[str]:
    """Return the column headers."""
    return [COLUMNS[name] for name in columns]


def _say(value: str, label: str) -> str:
    return "" if value == "unknown" else str(label)


def _say_tags(voice: Voice, marks: Marks) -> str:
    return ", ".join(tag.name for tag in marks.tags.get(voice.pk, []))


def _say_rating(voice: Voice, marks: Marks) -> str:
    score = marks.scores.get(voice.pk)
    return f"{say_decimal(f'{score.mean:.1f}')} ({score.count})" if score else ""


def _say_length(voice: Voice, marks: Marks) -> str:
    clip = getattr(voice, "clip", None)
    return f"{say_decimal(f'{clip.seconds:.1f}')} s" if clip and clip.seconds is not None else ""


def _say_made(voice: Voice, marks: Marks) -> str:
    made = voice.remote_created_at
    return say_day(made)


_CELLS: dict[str, Callable[[Voice, Marks], str]] = {
    "provider": lambda voice, _: voice.info.label,
    "kind": lambda voice, _: _say(voice.kind, voice.kind_name),
    "language": lambda voice, _: ", ".join(voice.language_words),
    "gender": lambda voice, _: _say(voice.gender, voice.get_gender_display()),
    "age": lambda voice, _: _say(voice.age, voice.get_age_display()),
    "accent": lambda voice, _: voice.accent_name,
    "use_case": lambda voice, _: ", ".join(voice.use_case_words),
    "tags": _say_tags,
    "rating": _say_rating,
    "length": _say_length,
    "made": _say_made,
    "id": lambda voice, _: voice.remote_id,
}
