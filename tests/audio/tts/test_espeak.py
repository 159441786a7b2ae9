"""Phonemes from eSpeak NG in the model's notation. The library is optional, so it's faked."""

from types import SimpleNamespace

import pytest

from catalog.audio.tts import espeak
from catalog.audio.tts.errors import UnsupportedText
from catalog.audio.tts.espeak import phonemize_with_espeak


class FakeLibrary:
    """Returns phonemes that were recorded from the real library."""

    ANSWERS = {
        "Hola": "ˈola",
        "3.5 horas": "tɾˈes pˈunto θˈinko ˈoɾas",
        "Alpha": "(e^n)ˈalfə(h^i)",
        "Ciao": "t^ʃˈao",
    }

    def __init__(self) -> None:
        self.voice = b""

    def espeak_SetVoiceByName(self, name: bytes) -> int:  # noqa: N802  (the library's own name)
        self.voice = name
        return 0 if name in {b"es", b"hi", b"it"} else -1

    def espeak_TextToPhonemes(self, place, coding, mode) -> bytes:  # noqa: N802
        text = espeak.ctypes.string_at(place._obj.value).decode()
        place._obj.value = None
        return self.ANSWERS[text.strip()].encode()


@pytest.fixture
def library(monkeypatch) -> FakeLibrary:
    fake = FakeLibrary()
    monkeypatch.setattr(espeak, "_load", lambda: fake)
    return fake


@pytest.mark.parametrize(
    ("text", "language", "phonemes"),
    [
        ("¿Hola? Hola.", "es", "ˈola? ˈola."),
        ("3.5 horas", "es", "tɾˈes pˈunto θˈinko ˈoɾas"),
        ("Alpha", "hi", "ˈalfə"),
        ("«Ciao»", "it", "“ʧˈao”"),
    ],
)
def test_pauses_are_kept_and_language_switch_marks_removed(library, text, language, phonemes):
    assert phonemize_with_espeak(text, language) == phonemes


def test_a_language_missing_in_the_library_is_refused(library):
    with pytest.raises(UnsupportedText, match="doesn't support this language"):
        phonemize_with_espeak("Bonjour", "fr")


def test_a_library_that_does_not_start_is_reported(monkeypatch):
    broken = SimpleNamespace(
        espeak_TextToPhonemes=SimpleNamespace(), espeak_Initialize=lambda *_: -1
    )
    monkeypatch.setattr(espeak.ctypes, "CDLL", lambda path: broken)
    package = SimpleNamespace(get_library_path=lambda: "", get_data_path=lambda: "")
    monkeypatch.setattr(espeak.importlib, "import_module", lambda name: package)
    espeak._load.cache_clear()

    with pytest.raises(UnsupportedText, match="doesn't start"):
        phonemize_with_espeak("Hola", "es")
