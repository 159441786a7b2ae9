"""Guesses the language of a recording from its text and name."""

import unicodedata

from catalog.sandbox.names import TONGUES, NameLanguage

# Scripts that stand for a single language here.
_LANGUAGE_OF_SCRIPT = {
    "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "CYRILLIC": "ru",
    "HEBREW": "he", "ARABIC": "ar", "DEVANAGARI": "hi",
}  # fmt: skip
_USUAL = "en-US"
_WORDS = {
    "de": "der die das und ist ich nicht ein eine mit",
    "en": "the and is of my i you this that with",
    "es": "el los las es una que por con para muy",
    "fr": "le les est une et je des pour dans avec",
    "it": "il gli è una che sono per con della nel",
    "nl": "de het een en is ik niet dat met van",
    "pl": "jest nie to się na w z że jak mój",
    "pt": "o os é uma que não para com meu muito",
    "sv": "och är jag inte en ett det som på med",
}
_LANGUAGES_OF_WORD: dict[str, set[str]] = {}
for _language, _line in _WORDS.items():
    for _word in _line.split():
        _LANGUAGES_OF_WORD.setdefault(_word, set()).add(_language)


def detect_locale(transcript: str, name: str) -> str:
    """Return the BCP 47 tag of the speech, American English by default."""
    language = _by_script(transcript) or _by_words(transcript) or _by_name(name) or _by_script(name)
    tongue = next((each for each in TONGUES if each.code == language), None)
    return _usual_place(tongue) if tongue else language or _USUAL


def _usual_place(tongue: NameLanguage) -> str:
    return tongue.places[0][1]


def _by_script(text: str) -> str:
    scripts = [unicodedata.name(letter, "").partition(" ")[0] for letter in text]
    found = [_LANGUAGE_OF_SCRIPT[script] for script in scripts if script in _LANGUAGE_OF_SCRIPT]
    # Japanese also uses Chinese characters.
    return "ja" if "ja" in found else next(iter(found), "")


def _by_words(text: str) -> str:
    words = "".join(sign if sign.isalpha() else " " for sign in text.lower()).split()
    hits: dict[str, int] = {}
    for word in words:
        for language in _LANGUAGES_OF_WORD.get(word, ()):
            hits[language] = hits.get(language, 0) + 1
    best = sorted(hits, key=lambda language: -hits[language])[:2]
    is_plain = bool(best) and (len(best) == 1 or hits[best[0]] > hits[best[1]])
    return best[0] if is_plain else ""


def _by_name(name: str) -> str:
    first = name.split()[0] if name.split() else ""
    spoken = [tongue.code for tongue in TONGUES if first in _names_of(tongue)]
    # Some names occur in several languages.
    return spoken[0] if len(spoken) == 1 else ""


def _names_of(tongue: NameLanguage) -> set[str]:
    return {each for name in (*tongue.women, *tongue.men) for each in name.split("=")}
