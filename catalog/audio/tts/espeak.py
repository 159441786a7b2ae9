"""Convert other languages to phonemes with eSpeak NG, an optional extra because of the GPL.

The phonemes are rewritten as for the model's training (misaki 0.9.4, Apache-2.0).
"""

import ctypes
import functools
import importlib
import importlib.util
import re
import threading
from typing import Any

from catalog.audio.tts.errors import UnsupportedText

VOICES = {"es": "es", "fr": "fr", "hi": "hi", "it": "it", "pt": "pt-br"}

_AUDIO_RETRIEVAL = 1
_UTF8 = 1
_IPA, _TIED = 0x02, 0x80
_TIE = "^"
_REWRITTEN = {
    "a^ɪ": "I", "a^ʊ": "W", "d^z": "ʣ", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q",
    "s^s": "S", "t^s": "ʦ", "t^ʃ": "ʧ", "ɔ^ɪ": "Y",
}  # fmt: skip
# eSpeak drops punctuation, which the model reads as pauses, so it is handled separately. Not "3.5".
_PAUSE = re.compile(r"([;:,.!?¡¿—…\"«»“”()।]+(?=\s|$)|(?<=\s)[¡¿\"«“(]+|^[¡¿\"«“(]+)")
_PAUSES = str.maketrans({"«": "“", "»": "”", "।": ".", "¡": None, "¿": None})
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")
_lock = threading.Lock()


def espeak_is_installed() -> bool:
    """Return whether the extra is installed, without loading it."""
    return importlib.util.find_spec("espeakng_loader") is not None


def phonemize_with_espeak(sentence: str, language: str) -> str:
    """Return the phonemes of one sentence in a language of ``VOICES``; raises UnsupportedText."""
    with _lock:
        library = _load()
        if library.espeak_SetVoiceByName(VOICES[language].encode()) != 0:
            raise UnsupportedText("The installed eSpeak NG doesn't support this language.")
        # Every second part is punctuation.
        spoken = [
            f"{part.translate(_PAUSES)} " if place % 2 else _read(library, part)
            for place, part in enumerate(_PAUSE.split(sentence))
        ]
    return _tidy("".join(spoken))


def _tidy(phonemes: str) -> str:
    """Leave one space between words, and none inside quotes or before a pause."""
    closed = re.sub(r"\s+([;:,.!?…”)])", r"\1", phonemes)
    return re.sub(r"([“(])\s+", r"\1", " ".join(closed.split()))


@functools.cache
def _load() -> Any:
    package = importlib.import_module("espeakng_loader")
    library = ctypes.CDLL(package.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    rate = library.espeak_Initialize(_AUDIO_RETRIEVAL, 0, package.get_data_path().encode(), 0)
    if rate <= 0:
        raise UnsupportedText("eSpeak NG is installed but doesn't start.")
    return library


def _read(library: Any, text: str) -> str:
    if not text.strip():
        return ""
    buffer = ctypes.create_string_buffer(text.encode("utf-8", "ignore"))
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    mode = _IPA | _TIED | ord(_TIE) << 8
    clauses = []
    # Each call reads one clause and advances the pointer, which is null at the end.
    while place.value:
        clauses.append(library.espeak_TextToPhonemes(ctypes.byref(place), _UTF8, mode) or b"")
    phonemes = b" ".join(clauses).decode("utf-8", "ignore")
    for theirs, ours in _REWRITTEN.items():
        phonemes = phonemes.replace(theirs, ours)
    # Words of other languages are enclosed in markers such as "(en)", which also contain ties.
    return _LANGUAGE_SWITCH.sub("", phonemes.replace(_TIE, "")).replace("-", "")
