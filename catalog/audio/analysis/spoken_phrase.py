"""Compare what a speech recognizer heard with the sentence that was to be read aloud."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

# These languages are written without spaces, so their characters are compared instead of words.
_UNSPACED = {"ja", "zh"}
_WORD = re.compile(r"\w+")
# How alike a word and what was heard must be; a recognizer writes few words differently.
_SAME_WORD = 0.75


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """How many of the random words were heard in order, and how much of the whole sentence."""

    found: int
    share: float


def match_phrase(heard: str, phrase: str, words: list[str], language: str) -> PhraseMatch:
    """Return how much of the phrase was heard; ``words`` are the random words at its end."""
    said = split_words(heard, language)
    return PhraseMatch(
        found=_count_found(said, words, language),
        share=_share(said, split_words(phrase, language)),
    )


def split_words(text: str, language: str) -> list[str]:
    """Return the words without case, accents, and punctuation; characters if it has no spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if language in _UNSPACED:
        return [mark for mark in plain if mark.isalnum()]
    bare = "".join(
        mark for mark in unicodedata.normalize("NFD", plain) if not unicodedata.combining(mark)
    )
    return _WORD.findall(bare.replace("'", " ").replace("’", " "))


def _share(said: list[str], wanted: list[str]) -> float:
    matches = SequenceMatcher(None, said, wanted, autojunk=False).get_matching_blocks()
    return sum(match.size for match in matches) / max(1, len(wanted))


def _count_found(said: list[str], words: list[str], language: str) -> int:
    """Return the longest run of words that were heard in their order, with others in between."""
    # best[n] is the earliest place in the speech after which n of the words were heard.
    best = [0]
    for word in words:
        parts = split_words(word, language)
        for count in range(len(best) - 1, -1, -1):
            end = _find(said, parts, best[count])
            if end is None:
                continue
            if count + 1 == len(best):
                best.append(end)
            else:
                best[count + 1] = min(best[count + 1], end)
    return len(best) - 1


def _find(said: list[str], parts: list[str], start: int) -> int | None:
    """Return the place after the first match of a word, which a recognizer may split or join."""
    wanted = "".join(parts)
    for at in range(start, len(said)):
        for length in range(1, len(parts) + 2):
            if _is_same("".join(said[at : at + length]), wanted):
                return min(at + length, len(said))
    return None


def _is_same(heard: str, wanted: str) -> bool:
    return heard == wanted or (
        len(wanted) > 2 and SequenceMatcher(None, heard, wanted).ratio() >= _SAME_WORD
    )
