"""Convert English text to phonemes, with the rules and lexicons of the hibari package."""

import functools
import importlib
import threading
from typing import Any

_lock = threading.Lock()


def phonemize_english(sentence: str, *, is_british: bool) -> str:
    """Return the phonemes of one sentence, "" if nothing in it is readable."""
    # hibari loads lazily and isn't thread-safe.
    with _lock:
        return str(_rules(is_british)(sentence))


@functools.cache
def _rules(is_british: bool) -> Any:
    return importlib.import_module("hibari.g2p").G2P(british=is_british)


def split_english(text: str) -> list[str]:
    """Split a text into sentences; "Dr." and initials don't end one."""
    return [
        str(each) for each in importlib.import_module("hibari.tts").Hibari.split_sentences(text)
    ]
