"""The searchable fields, their aliases, and how their values are parsed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from catalog.models import Voice
from catalog.providers.labels import (
    accent_word,
    age_word,
    gender_word,
    language_label,
    language_tag,
    use_case_words,
)
from catalog.providers.registry import all_infos
from catalog.search.nodes import AllOf, Node, Phrase, Value, Word
from catalog.search.text_normalization import fold_text, phrase_terms, query_terms

PROVIDERS = {info.slug: info.label for info in all_infos()}
HAS = {"preview": "A preview", "description": "A description", "labels": "Labels"}
IS = {"own": "Made in your account", "ready": "Ready", "pending": "Processing", "failed": "Failed"}
MOST_TERMS = 12
_UNKNOWN = "unknown"
# What web APIs call the origin of a voice, besides our own names.
_ORIGINS = {
    "system": (Voice.Kind.LIBRARY.value,),
    "ivc": (Voice.Kind.CLONE.value, Voice.Kind.DESIGNED.value),
    "pvc": (Voice.Kind.PROFESSIONAL.value,),
}
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
        return Value(facet, (tag,), is_family=True) if tag else None

    return read


def _read_use_case(text: str) -> Node | None:
    if _slug(text) == _UNKNOWN:
        return Value("use_case", (_UNKNOWN,))
    values = use_case_words(text)
    return Value("use_case", values) if values else None


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
    SearchField("use", "Use case", _read_use_case),
    SearchField("kind", "Kind", _read_kind, KINDS),
    SearchField("provider", "Provider", _closed("provider", PROVIDERS), PROVIDERS),
    SearchField("has", "Has", _closed("has", HAS), HAS),
    SearchField("is", "Is", _closed("is", IS), IS),
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
