"""Map providers' words to our gender, age, language tag, accent, and use case, and name these."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from catalog.providers import translations
from catalog.providers.languages import (
    LANGUAGES,
    OTHER_CODES,
    OTHER_NAMES,
    REGION_CODES,
    REGIONS,
    SCRIPTS,
)


def _slug(word: str) -> str:
    word = re.sub("['’]", "", word.lower())
    return "_".join(re.findall(r"[^\W_]+", word)) or word.strip()


_LONGEST_LABEL = 60
_GENDERS = {
    "male": "m male man masculine boy 男 男性 男声",
    "female": "f female woman feminine girl 女 女性 女声",
    "neutral": "neutral gender_neutral non_binary nonbinary nonbinary_person androgynous 中性",
}
_AGES = {
    "young": "young young_adult youth teen teenager child kid 青年 少年 儿童",
    "middle_aged": "middle_aged middle_age middleaged middle 中年",
    "old": "old elderly senior aged 老年",
}
_SAYS_NOTHING = frozenset({"-", "_", "any", "n_a", "na", "nil", "none", "null", "other"}) | {
    "not_specified",
    "undefined",
    "unknown",
    "unspecified",
}
_GENDER_OF = {word: gender for gender, words in _GENDERS.items() for word in words.split()}
_AGE_OF = {word: age for age, words in _AGES.items() for word in words.split()}
# The BCP 47 code for several languages.
MULTILINGUAL = "mul"


def _invert(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {_slug(word): name for name, words in table.items() for word in words}


_GENDER_OF |= _invert(translations.GENDERS)
_AGE_OF |= _invert(translations.AGES)
_FACET_OF = _invert(translations.FACET_NAMES)
# If a word names two languages, the plain English name wins.
_LANGUAGE_OF = _invert(translations.LANGUAGE_NAMES)
_LANGUAGE_OF |= _invert(translations.MANY_LANGUAGES)
_LANGUAGE_OF |= {_slug(name): code for code, name in LANGUAGES.items()}
_LANGUAGE_OF |= OTHER_NAMES
_REGION_OF = {name.lower(): code for code, name in REGIONS.items()}
_REGION_OF |= {
    "usa": "US",
    "united states": "US",
    "united kingdom": "GB",
    "great britain": "GB",
    "united arab emirates": "AE",
    "korea": "KR",
    "mainland": "CN",
    "latam": "419",
}
_SCRIPT_OF = {name.lower(): code for code, name in SCRIPTS.items()}
_NAME_AND_PLACE = re.compile(r"([^()]+?)\s*\(([^()]+)\)")
# The closed lists that the facets show; ``search/lexicon.py`` has the words for each value.
USE_CASES = {
    "narration": "Narration",
    "audiobook": "Audiobook",
    "customer_support": "Customer support",
    "phone_menus": "Phone menus",
    "advertising": "Advertising",
    "social_media": "Social media",
    "news": "News",
    "education": "Education",
    "conversational": "Conversation",
    "companion": "Companion",
    "assistant": "Assistant",
    "characters": "Characters",
    "games": "Games",
    "podcast": "Podcasts and radio",
    "entertainment": "TV and trailers",
    "meditation": "Meditation and sleep",
    "healthcare": "Healthcare",
    "corporate": "Corporate",
    "announcements": "Announcements",
    "kids": "For children",
}
_STYLES = """
warm calm gentle energetic cheerful friendly trustworthy confident authoritative serious
professional casual playful funny cute elegant posh dramatic menacing sad sensual wise mature
empathetic robotic neutral announcer polite deep high raspy smooth rich clear breathy slow fast
"""
STYLES = {value: value.capitalize() for value in _STYLES.split()}
STYLES |= {"announcer": "Announcer-like", "high": "High-pitched"}
# Languages and varieties that belong to another one's family.
_FAMILIES = {"nb": "no", "nn": "no", "yue": "zh", "wuu": "zh", "nan": "zh", "gsw": "de"}
_YEARS = re.compile(r"(\d{1,3})(?:\s*(?:-|–|to)\s*(\d{1,3}))?\s*(?:s|\+|years?|years? old|y|yo)?")
_BETWEEN_LANGUAGES = re.compile(r"\s*(?:[,;/|+&、，]|\band\b|\by\b|\bund\b|\bet\b|\be\b)\s*")
_ABBREVIATIONS = {"uk", "us", "usa", "rp"}
_LONGEST_WORDS = 1000
_BETWEEN_WORDS = re.compile(r"[,，;；、|/。\n]")
_NAMED_WORD = re.compile(r"\s*(gender|sex|age|language|lang)\s*[:：=]\s*(.+)", re.IGNORECASE)
_FACETS = {"gender": "gender", "sex": "gender", "age": "age", "language": "language"} | {
    "lang": "language"
}
_LOCALE = re.compile(r"[a-z]{2}|[a-z]{2,3}(?:[-_][A-Z][a-z]{3})?[-_](?:[A-Z]{2}|\d{3})")
# Among other words, these may be meant as words rather than language codes.
_CODES_THAT_ARE_WORDS = (
    "am an as av be ha he hi ho id in io is it la mi mr ms my no or pa so ss st to vo"
)
# For example "英文女声" (English, female voice), written as one word.
_LANGUAGE_AND_GENDER = re.compile(r"(.+?)(男声|女声|男|女)")


class FreeTextLabels(NamedTuple):
    """The labels found in a list of words; ``raw`` holds the original word for each facet."""

    gender: str
    age: str
    languages: tuple[str, ...]
    raw: dict[str, str]


def facet_word(name: str) -> str:
    """Return gender, age, accent, language, or use_case for a label's name, else ""."""
    return _FACET_OF.get(_slug(name), "")


def gender_word(word: str) -> str:
    """Return male, female, or neutral for a provider's word, "" if it is none of these."""
    return _GENDER_OF.get(_slug(word), "")


def age_word(word: str) -> str:
    """Return young, middle_aged, or old for a provider's word, "" if it is none of these.

    Numbers are read as years: "30", "40s", "25-34", or "60+".
    """
    years = _YEARS.fullmatch(word.strip().lower())
    if years is None:
        return _AGE_OF.get(_slug(word), "")
    first, last = int(years[1]), int(years[2] or years[1])
    middle = (first + last) / 2
    if not 3 <= middle <= 120:
        return ""
    return "young" if middle < 35 else "middle_aged" if middle < 55 else "old"


def plain_words(text: str) -> FreeTextLabels:
    """Return the labels that a text's words clearly state; contradictory facets are empty."""
    said: dict[str, dict[str, str]] = {"gender": {}, "age": {}, "language": {}}
    for entry in _BETWEEN_WORDS.split(text[:_LONGEST_WORDS]):
        for facet, value, word in _read_word(entry):
            said[facet].setdefault(value, word)
    return FreeTextLabels(
        gender=_only(said["gender"]),
        age=_only(said["age"]),
        languages=tuple(said["language"]),
        raw={facet: ", ".join(words.values()) for facet, words in said.items() if words},
    )


def _read_word(entry: str) -> list[tuple[str, str, str]]:
    named = _NAMED_WORD.fullmatch(entry)
    if named:
        facet, word = _FACETS[named[1].lower()], named[2].strip()
        readers = {"gender": gender_word, "age": age_word, "language": language_tag}
        found = [(facet, readers[facet](word), word)]
    else:
        word = entry.strip()
        both = _LANGUAGE_AND_GENDER.fullmatch(word)
        parts = [both[1], both[2]] if both and _plain_language(both[1]) else [word]
        found = [("gender", gender_word(part), part) for part in parts]
        found += [("age", age_word(part), part) for part in parts]
        found += [("language", _plain_language(part), part) for part in parts]
    return [each for each in found if each[1]]


def _plain_language(word: str) -> str:
    # Not "so-so", which would be Somali as spoken in Somalia.
    is_code = _LOCALE.fullmatch(word) and word not in _CODES_THAT_ARE_WORDS.split()
    return _tag_from_code(word) if is_code else _tag_from_name(word)


def _only(said: dict[str, str]) -> str:
    return next(iter(said)) if len(said) == 1 else ""


def accent_word(word: str) -> str:
    """Return the accent as one or two lowercase words, "" if unknown."""
    slug = _slug(word)
    if slug in _SAYS_NOTHING or len(slug) > _LONGEST_LABEL:
        return ""
    return slug.replace("_", " ")


def use_case_words(word: str) -> tuple[str, ...]:
    """Return the use cases named in a provider's text, each as a slug."""
    parts = [] if _slug(word) in _SAYS_NOTHING else re.split(r"[,;/|、()（）]", word)
    slugs = (_slug(part) for part in parts)
    useful = (slug for slug in slugs if slug and slug not in _SAYS_NOTHING)
    return tuple(dict.fromkeys(slug for slug in useful if len(slug) <= _LONGEST_LABEL))


def language_tag(word: str) -> str:
    """Return the BCP 47 tag for a code, a locale, or a language name, "" if unknown."""
    word = word.strip()
    if len(word) > _LONGEST_LABEL:
        return ""
    return _tag_from_code(word) or _tag_from_name(word)


def language_tags(word: str) -> tuple[str, ...]:
    """Return the tags of all languages in a label, such as "en, es" or "English/French"."""
    whole = language_tag(word)
    parts = _BETWEEN_LANGUAGES.split(word[:_LONGEST_WORDS]) if not whole else ()
    tags = [whole, *map(language_tag, parts)]
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _tag_from_code(word: str) -> str:
    first, *rest = re.split(r"[-_]", word)
    language = _language_code(first.lower())
    if not language:
        return ""
    tag = [language]
    if rest and rest[0].title() in SCRIPTS:
        tag.append(rest.pop(0).title())
    if rest:
        region = "GB" if rest[0].upper() == "UK" else rest[0].upper()
        if region not in REGION_CODES:
            return ""
        tag.append(region)
    # Anything after a region names a dialect or an engine; the region is still right.
    return "-".join(tag)


def _tag_from_name(word: str) -> str:
    found = _NAME_AND_PLACE.fullmatch(word)
    name, places = (found[1], found[2].lower().split(", ")) if found else (word, [])
    language = _LANGUAGE_OF.get(_slug(name), "")
    subtags = [_SCRIPT_OF.get(place) or _region_code(place) for place in places]
    return "-".join([language, *subtags]) if language and all(subtags) else ""


def _language_code(code: str) -> str:
    code = OTHER_CODES.get(code, code)
    return code if code in LANGUAGES else ""


def _region_code(place: str) -> str:
    code = place.upper()
    return code if code in REGION_CODES else _REGION_OF.get(place, "")


@lru_cache(maxsize=4096)
def language_label(tag: str) -> str:
    """Return the name of a language tag, such as "English (UK)", or the tag itself if unknown."""
    code, *subtags = tag.split("-")
    name = "Multilingual" if code == MULTILINGUAL else LANGUAGES.get(code)
    if name is None:
        return tag
    places = [SCRIPTS.get(subtag) or REGIONS.get(subtag, subtag) for subtag in subtags]
    return f"{name} ({', '.join(places)})" if places else name


@lru_cache(maxsize=4096)
def accent_label(accent: str) -> str:
    """Return an accent in title case."""
    words = (word.upper() if word in _ABBREVIATIONS else word.title() for word in accent.split())
    return " ".join(words)


def use_case_label(use_case: str) -> str:
    """Return the display name of a use case."""
    return USE_CASES.get(use_case, use_case)


def style_label(style: str) -> str:
    """Return the display name of a style."""
    return STYLES.get(style, style)


def language_family(tag: str) -> str:
    """Return the language that a tag is a variety of: "en" for "en-GB", "zh" for "yue"."""
    code = tag.partition("-")[0]
    return _FAMILIES.get(code, code)
