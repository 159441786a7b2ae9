"""Find the lexicon's words in a text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catalog.search.lexicon import (
    ACCENTS,
    AGES,
    GENDERS,
    LANGUAGES,
    NEGATIONS,
    STOP_WORDS,
    STYLES,
    USE_CASES,
)
from catalog.search.spelling import SHORTEST, list_variants
from catalog.search.text_normalization import is_unspaced, list_runs

AGE_WORDS = {"age", "aged", "year", "years", "yo"}
_LONGEST_PHRASE = 4
_ENDINGS = ("s", "ly", "ish", "er", "ed", "ing")
_SHORTEST_STEM = 4


class Meaning(NamedTuple):
    """A value of the lexicon, and its kind: gender, age, language, accent, style, or use."""

    kind: str
    value: str


def cut_text(text: str) -> Iterator[str]:
    """Yield folded words; runs of unspaced letters are cut at the lexicon's words."""
    for run in list_runs(text):
        if not is_unspaced(run):
            yield run
            continue
        rest, place = "", 0
        while place < len(run):
            same_start = _UNSPACED.get(run[place], ())
            known = next((key for key in same_start if run.startswith(key, place)), "")
            if known:
                if rest:
                    yield rest
                yield known
                rest = ""
            rest += "" if known else run[place]
            place += len(known) or 1
        if rest:
            yield rest


def match_phrase(words: Sequence[str], place: int) -> int:
    """Return how many words from here on are the longest entry of the lexicon, 0 for none."""
    longest = min(_LONGEST_PHRASE, len(words) - place) if words[place] in _FIRST_WORDS else 0
    lengths = range(longest, 0, -1)
    return next((n for n in lengths if " ".join(words[place : place + n]) in MEANINGS), 0)


def find_stem(word: str) -> str:
    """Return the lexicon's word of which this one is an inflection, "" for none."""
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM and stem in MEANINGS:
            return stem
    return ""


def find_slip(word: str) -> str:
    """Return the lexicon's word from which this one is a typo away, "" for none."""
    # The first letter is hardly ever wrong, and another letter often makes another short word:
    # "cold" isn't "bold", and "lazy" isn't "lady".
    return next(
        (
            each
            for each in (list_variants(word) if len(word) >= SHORTEST else ())
            if each in VOCABULARY and each[0] == word[0]
            if len(word) > SHORTEST or len(each) != len(word) or sorted(each) == sorted(word)
        ),
        "",
    )


def _read_lexicon() -> dict[str, list[Meaning]]:
    tables = {
        "gender": GENDERS,
        "age": AGES,
        "language": LANGUAGES,
        "style": STYLES,
        "use": USE_CASES,
        "accent": {value: accent.words for value, accent in ACCENTS.items()},
    }
    found: dict[str, list[Meaning]] = {}
    for kind, table in tables.items():
        for value, words in table.items():
            for word in words:
                found.setdefault(" ".join(list_runs(word)), []).append(Meaning(kind, value))
    return found


def _by_first_letter() -> dict[str, list[str]]:
    """Return the unspaced words, longest first, so that none is cut at one that it begins with."""
    found = defaultdict(list)
    for word in sorted({*MEANINGS, *STOPS, *NEGATIONS}, key=len, reverse=True):
        if is_unspaced(word) and " " not in word:
            found[word[0]].append(word)
    return found


MEANINGS = _read_lexicon()
VOCABULARY = {word for key in MEANINGS for word in key.split()}
STOPS = {run for word in STOP_WORDS for run in list_runs(word)} - MEANINGS.keys() | AGE_WORDS
_FIRST_WORDS = {key.split()[0] for key in MEANINGS}
_UNSPACED = _by_first_letter()
