"""Normalize text and split it into search terms, for both rows and queries.

Scripts without spaces between words are split into pairs of characters, others into words.
"""

import re
import unicodedata

_LONGEST_TERM = 40
_SHORTEST_STEM = 3
# Letters that Unicode decomposition doesn't map to the plain letters that people type.
_PLAIN = str.maketrans(
    {
        "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i",
        "æ": "ae", "œ": "oe", "þ": "th", "ə": "e",
        "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ـ": None, "’": "'", "ʼ": "'",
    }
)  # fmt: skip
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Python doesn't count the vowel signs of Indic scripts as letters, but they belong to words.
_SIGNS = "\u0900-\u0963\u0970-\u0dff"
_RUN = re.compile(f"([{_UNSPACED}]+)|((?:[^\\W_{_UNSPACED}]|[{_SIGNS}])+)")
_DIGITS = re.compile(r"\d+")
_ARTICLE = "ال"


def fold_text(text: str) -> str:
    """Return the text without case and accents, for searching and sorting."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(mark for mark in plain if not _is_accent(mark))
    return unicodedata.normalize("NFC", kept.translate(_PLAIN))


def list_runs(text: str) -> list[str]:
    """Return the folded words and unspaced runs of a text, in order."""
    return [run or word for run, word in _RUN.findall(fold_text(text))]


def index_terms(text: str) -> list[str]:
    """Return the index terms of a row's text, in order."""
    terms: list[str] = []
    for run, word in _RUN.findall(fold_text(text)):
        if run:
            terms += [*_pairs(run), run[-1]]
            continue
        terms.append(word[:_LONGEST_TERM])
        if stem := _without_article(word):
            terms.append(stem[:_LONGEST_TERM])
    return terms


def query_terms(text: str) -> list[str]:
    """Return the terms of a query; each must be a prefix of one of the row's terms."""
    terms: list[str] = []
    for run, word in _RUN.findall(fold_text(text)):
        if run:
            terms += _pairs(run) or [run]
        else:
            terms.append((_without_article(word) or word)[:_LONGEST_TERM])
    return terms


def phrase_terms(text: str) -> list[str]:
    """Return the terms of a phrase; the row must contain them whole and in order."""
    terms = index_terms(text)
    # The text may continue in the row, where its last character then has no separate term.
    return terms[:-1] if len(terms) > 1 and is_unspaced(terms[-2]) else terms


def join_terms(*texts: str) -> str:
    """Return the terms of all texts as one string, each surrounded by spaces."""
    terms = [term for text in texts for term in index_terms(text)]
    return f" {' '.join(terms)} " if terms else ""


def sort_key(name: str) -> str:
    """Return the sort key of a name: no accents or punctuation, numbers in numeric order."""
    folded = fold_text(name)
    words = [run or word for run, word in _RUN.findall(folded)]
    return _DIGITS.sub(lambda found: found[0].zfill(8), " ".join(words) or folded)[:100]


def _is_accent(mark: str) -> bool:
    # Not marks that make a different letter: nuktas, viramas, tones, kana voicing.
    order = unicodedata.combining(mark)
    return order == 1 or 10 <= order <= 35 or order >= 200


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def is_unspaced(term: str) -> bool:
    """Return whether the term is of a script without spaces between words."""
    found = _RUN.match(term)
    return bool(found and found[1])


def _without_article(word: str) -> str:
    stem = word.removeprefix(_ARTICLE)
    return stem if stem != word and len(stem) >= _SHORTEST_STEM else ""
