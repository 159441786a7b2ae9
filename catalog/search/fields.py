"""The searchable fields, their aliases, and how their values are parsed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from catalog.models import Voice
from catalog.providers.labels import (
    STYLES,
    USE_CASES,
    accent_word,
    age_word,
    gender_word,
    language_family,
    language_label,
    language_tag,
)
from catalog.providers.registry import all_infos
from catalog.search.labels import read_styles, read_use_cases
from catalog.search.nodes import AllOf, Created, Node, Phrase, Value, Word
from catalog.search.text_normalization import fold_text, phrase_terms, query_terms

PROVIDERS = {info.slug: info.label for info in all_infos()}
HAS = {
    "preview": "A preview",
    "description": "A description",
    "labels": "Labels",
    "note": "A note",
}
IS = {
    "own": "Made in your account",
    "clone": "A clone",
    "starred": "Starred by me",
    "archived": "Archived",
    "gone": "Gone at the provider",
    "ready": "Ready",
    "pending": "Processing",
    "failed": "Failed",
}
MOST_TERMS = 12
_UNKNOWN = "unknown"
# What web APIs call the origin of a voice, besides our own names.
_ORIGINS = {
    "system": (Voice.Kind.LIBRARY.value,),
    "ivc": (Voice.Kind.CLONE.value, Voice.Kind.DESIGNED.value),
    "pvc": (Voice.Kind.PROFESSIONAL.value,),
}
# Values of "has" and "is" that other facets know.
_ELSEWHERE = {
    "note": Value("note", ("yes",)),
    "clone": Value("kind", (Voice.Kind.CLONE.value, Voice.Kind.PROFESSIONAL.value)),
    "starred": Value("starred", ("yes",)),
    "archived": Value("archived", ("yes",)),
    "gone": Value("gone", ("yes",)),
}
_STARS = re.compile(r"([<>]=?|=?)(\d)(?:\.\.(\d))?$")
_DAY = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?$")
_COMMON_LANGUAGES = [
    "en",
    "de",
    "es",
    "fr",
    "it",
    "pt",
    "nl",
    "pl",
    "ru",
    "ar",
    "hi",
    "ja",
    "ko",
    "zh",
    "en-US",
    "en-GB",
    "pt-BR",
    "es-MX",
]


@dataclass(frozen=True, slots=True)
class SearchField:
    """One field; ``read`` turns a value into a condition, or None for an unknown value."""

    name: str
    label: str
    read: Callable[[str], Node | None]
    values: dict[str, str] = field(default_factory=dict)
    sections: frozenset[str] = frozenset()
    has_only: bool = False
    is_ordered: bool = False

    def read_text(self, text: str, *, is_quoted: bool) -> Node | None:
        """Parse a value; for text fields, a quoted value matches as a phrase."""
        if is_quoted and self.sections:
            return whole_phrase(text, self.sections)
        return self.read(text)


def all_words(text: str, sections: frozenset[str]) -> Node | None:
    """Return the condition that every word of the text occurs in one of the sections."""
    words = tuple(Word(term, sections) for term in query_terms(text)[:MOST_TERMS])
    if not words:
        return None
    return words[0] if len(words) == 1 else AllOf(words)


def whole_phrase(text: str, sections: frozenset[str]) -> Node | None:
    """Return the condition that one of the sections contains the text as a phrase."""
    terms = tuple(phrase_terms(text))
    if len(terms) == 1 and len(terms[0]) == 1 and not terms[0].isascii():
        # A single character of a script without spaces matches any word that starts with it.
        return Word(terms[0], sections)
    return Phrase(terms, sections) if terms else None


def _closed(facet: str, values: dict[str, str]) -> Callable[[str], Node | None]:
    names = {fold_text(label): value for value, label in values.items()}

    def read(text: str) -> Node | None:
        value = _slug(text)
        value = value if value in values else names.get(fold_text(text), "")
        return Value(facet, (value,)) if value else None

    return read


def _flag(facet: str, values: dict[str, str]) -> Callable[[str], Node | None]:
    read_flag = _closed(facet, values)

    def read(text: str) -> Node | None:
        node = read_flag(text)
        return _ELSEWHERE.get(node.values[0], node) if isinstance(node, Value) else None

    return read


def _named_like(facet: str) -> Callable[[str], Node | None]:
    """Read a name; ``queries.voices.search`` looks up who or what has it."""

    def read(text: str) -> Node | None:
        return Value(facet, (text,)) if query_terms(text) else None

    return read


def _read_created(text: str) -> Node | None:
    """Read a year, month, or day: "2026", "<2026-05", ">=2026-05-17", "2026-01..2026-03"."""
    first, is_span, last = text.partition("..")
    if is_span:
        begun, ended = _read_span(first), _read_span(last)
        return Created(begun[0], ended[1]) if begun and ended else None
    day = text.lstrip("<>=")
    span = _read_span(day)
    if span is None:
        return None
    match text.removesuffix(day):
        case "" | "=":
            return Created(*span)
        case ">=":
            return Created(start=span[0])
        case ">":
            return Created(start=span[1])
        case "<":
            return Created(end=span[0])
        case "<=":
            return Created(end=span[1])
    return None


def _read_span(text: str) -> tuple[datetime, datetime] | None:
    """Return when the year, month, or day begins and ends."""
    found = _DAY.match(text.strip())
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            return start, start + timedelta(days=1)
        after = year * 12 + (month or 12)
        return start, datetime(after // 12, after % 12 + 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def suggest_field(name: str) -> str:
    """Return the field with the most similar name, or ""."""
    close = get_close_matches(name.lower(), FIELDS, n=1)
    return FIELDS[close[0]].name if close else ""


def describe_unknown(name: str) -> str:
    """Return the message about a field that doesn't exist, with a hint."""
    close = suggest_field(name)
    hint = (
        f"Did you mean “{close}”?"
        if close
        else "To search for the words themselves, put them in quotation marks."
    )
    return f"There is no field “{name[:40]}”. {hint}"


def _worded(facet: str, read_word: Callable[[str], str]) -> Callable[[str], Node | None]:
    def read(text: str) -> Node | None:
        value = _UNKNOWN if _slug(text) == _UNKNOWN else read_word(text)
        return Value(facet, (value,)) if value else None

    return read


def _read_kind(text: str) -> Node | None:
    values = _ORIGINS.get(_slug(text)) or _closed_kind(text)
    return Value("kind", values) if values else None


def _closed_kind(text: str) -> tuple[str, ...]:
    known = _closed("kind", KINDS)(text)
    return known.values if isinstance(known, Value) else ()


def _language(facet: str) -> Callable[[str], Node | None]:
    def read(text: str) -> Node | None:
        if _slug(text) == _UNKNOWN:
            return Value(facet, (_UNKNOWN,))
        tag = language_tag(text.replace("_", "-"))
        if facet == "language" and tag and tag == language_family(tag):
            return Value("family", (tag,))
        return Value(facet, (tag,), is_family=True) if tag else None

    return read


def _read_use_case(text: str) -> Node | None:
    values = (_UNKNOWN,) if _slug(text) == _UNKNOWN else tuple(read_use_cases(text))
    return Value("use_case", values) if values else None


def _read_style(text: str) -> Node | None:
    values = tuple(read_styles(text))
    return Value("style", values) if values else None


def _read_rating(text: str) -> Node | None:
    """Read a number of stars: "4", ">=4", "<3", "3..5"."""
    found = _STARS.match(text)
    if found is None:
        return None
    sign, first, last = found[1], int(found[2]), int(found[3] or found[2])
    tests = {">": first.__lt__, ">=": first.__le__, "<": first.__gt__, "<=": first.__ge__}
    is_in = tests.get(sign, range(first, last + 1).__contains__)
    values = tuple(str(stars) for stars in range(1, 6) if is_in(stars))
    return Value("rating", values) if values else None


def _text_field(name: str, label: str, *sections: str, has_only: bool = False) -> SearchField:
    places = frozenset(sections)
    return SearchField(
        name, label, lambda text: all_words(text, places), sections=places, has_only=has_only
    )


def _slug(text: str) -> str:
    return fold_text(text).strip().replace("-", "_").replace(" ", "_")


def _named(choices: list[tuple[str, str]]) -> dict[str, str]:
    return {value: str(label) for value, label in choices}


KINDS = _named(Voice.Kind.choices)
GENDERS = _named(Voice.Gender.choices)
AGES = _named(Voice.Age.choices)
_LANGUAGES = {tag: language_label(tag) for tag in _COMMON_LANGUAGES}

_FIELDS = [
    SearchField("lang", "Language", _language("language"), _LANGUAGES),
    SearchField("gender", "Gender", _worded("gender", gender_word), GENDERS),
    SearchField("age", "Age", _worded("age", age_word), AGES),
    SearchField("accent", "Accent", _worded("accent", accent_word)),
    SearchField("use", "Use case", _read_use_case, USE_CASES),
    SearchField("style", "Style", _read_style, STYLES),
    SearchField("kind", "Kind", _read_kind, KINDS),
    SearchField("provider", "Provider", _closed("provider", PROVIDERS), PROVIDERS),
    SearchField("has", "Has", _flag("has", HAS), HAS),
    SearchField("is", "Is", _flag("is", IS), IS),
    SearchField("account", "Account", _named_like("account")),
    SearchField("speaker", "Speaker", _named_like("speaker")),
    SearchField("owner", "Owner", _named_like("owner")),
    SearchField("rating", "Rating", _read_rating, is_ordered=True),
    SearchField("created", "Creation date", _read_created, is_ordered=True),
    _text_field("name", "Name", "name"),
    _text_field("tag", "Tag", "labels", "team", has_only=True),
    _text_field("id", "Voice ID", "ids"),
    _text_field("description", "Description", "text"),
    SearchField("lang_code", "Main language", _language("main_language"), _LANGUAGES),
]
_ALIASES = {
    "language": "lang", "languages": "lang", "use_case": "use", "age_group": "age",
    "source": "kind", "tags": "tag", "voice_id": "id", "display_name": "name",
    "categories": "use", "category": "use", "note": "tag", "notes": "tag",
}  # fmt: skip
FIELDS = {each.name: each for each in _FIELDS}
FIELDS |= {alias: FIELDS[name] for alias, name in _ALIASES.items()}
