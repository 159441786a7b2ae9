"""English text to phonemes, by the rules and lexicons of the hibari package."""

import functools
import importlib
import threading
from typing import Any

_lock = threading.Lock()


def phonemize_english(sentence: str, *, is_british: bool) -> str:
    """Return the phonemes of one sentence, "" where nothing of it can be read."""
    # Its parts are loaded on first use and keep what they are reading.
    with _lock:
        return str(_rules(is_british)(sentence))


@functools.cache
def _rules(is_british: bool) -> Any:
    return importlib.import_module("hibari.g2p").G2P(british=is_british)


def split_english(text: str) -> list[str]:
    """Return the sentences of a text; "Dr." and initials end none."""
    return [
        str(each) for each in importlib.import_module("hibari.tts").Hibari.split_sentences(text)
    ]
