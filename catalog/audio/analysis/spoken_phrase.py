"""Judge a recording of a sentence: what was heard of it, and how alike the voice is."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

# These languages are written without spaces, so their characters are compared instead of words.
_UNSPACED = {"ja", "zh"}
_WORD = re.compile(r"\w+")
PASSED, FAILED, DOUBTFUL = "passed", "failed", "doubtful"
# Of the five random words, and of all words; scripts/trial_consent.py measures these limits.
_WORDS_HEARD, _WORDS_MISSED = 4, 2
_SHARE_HEARD, _SHARE_MISSED = 0.6, 0.35
# Cosine similarity of CAM++ embeddings.
_SAME_SPEAKER, _OTHER_SPEAKER = 0.62, 0.45
# How alike a word and what was heard must be; a recognizer writes few words differently.
_SAME_WORD = 0.75
# A shorter word may be part of another one by chance.
_LEAST_INNER = 3


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """How many of the random words were heard in order, and how much of the whole sentence."""

    found: int
    share: float


def judge_words(found: int, share: float) -> str:
    """Return the outcome for this many random words, and this share of the sentence."""
    if found >= _WORDS_HEARD and share >= _SHARE_HEARD:
        return PASSED
    if found <= _WORDS_MISSED or share < _SHARE_MISSED:
        return FAILED
    return DOUBTFUL


def judge_speaker(score: float) -> str:
    """Return the outcome for this likeness of the recording and the samples."""
    if score >= _SAME_SPEAKER:
        return PASSED
    return FAILED if score < _OTHER_SPEAKER else DOUBTFUL


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
    """Return the place from which the next word may follow, None if the word isn't there.

    A recognizer may split a word, or join it with its neighbors.
    """
    wanted = "".join(parts)
    for at in range(start, len(said)):
        if len(wanted) > _LEAST_INNER and said[at] != wanted and wanted in said[at]:
            return at
        for length in range(1, len(parts) + 2):
            if _is_same("".join(said[at : at + length]), wanted):
                return min(at + length, len(said))
    return None


def _is_same(heard: str, wanted: str) -> bool:
    return heard == wanted or (
        len(wanted) > 2 and SequenceMatcher(None, heard, wanted).ratio() >= _SAME_WORD
    )
